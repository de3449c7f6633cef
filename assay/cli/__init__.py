"""The ``assay`` command, one module per noun. Data goes to stdout, what happens meanwhile to stderr."""
