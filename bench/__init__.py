"""Benchmark programs. They measure and print; they judge nothing, and no test is timed by them."""
