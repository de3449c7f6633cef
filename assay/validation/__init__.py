"""Errors of validation as sentences for users, in every interface: API, catalogue and command line."""
