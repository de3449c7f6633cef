"""From an output to a verdict: runs the checks, weighs their results, and validates a task's own baselines."""
