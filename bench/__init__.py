"""Benchmark programs. They measure and print, without thresholds; no test depends on their results."""
