"""Programs of the tests' sandbox that start a framework other than pytest and report its results."""
