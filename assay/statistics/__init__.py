"""Statistics of results: metrics over sets, agreement between judges."""
