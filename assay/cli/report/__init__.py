"""A report on runs: scores of models, rolled up by what their tasks are about."""
