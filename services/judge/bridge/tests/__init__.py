"""The program of the tests' sandbox: pytest, with proxies in place of the submitted modules."""
