"""Amounts that agree with whatever they are compared with."""
