"""A fake gateway for tests of the dashboard: scripted runs behind the real HTTP and live contracts.

``python -m tests.web.scripted_gateway`` serves the built dashboard with endless runs, to work on its
look.
"""
