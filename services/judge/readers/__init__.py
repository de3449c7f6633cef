"""Reads a choice, a number or comparable text out of a model's answer."""
