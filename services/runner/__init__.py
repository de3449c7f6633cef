"""The runner: makes attempts at tasks with models, and reports what came of each."""
