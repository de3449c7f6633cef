"""The cyclomatic complexity of submitted source files."""
