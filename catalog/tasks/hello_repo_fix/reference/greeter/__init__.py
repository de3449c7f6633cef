"""Greetings for any number of people."""
