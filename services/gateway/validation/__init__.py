"""Checks of what users send, and the sentences that report what is wrong."""
