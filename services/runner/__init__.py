"""Runs attempts at tasks with models, and reports the result of each."""
