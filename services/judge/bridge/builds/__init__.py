"""Compiles submissions with their driver, and hidden tests, each in a sandbox of its own."""
