"""A stand-in for the gateway, for tests of pages alone: scripted runs behind the real HTTP and live contract.

``python -m tests.web.scripted_gateway`` serves the built dashboard with a run that goes on and on, for work on its looks.
"""
