"""Rounding of whole cents."""


def percent_of(cents, rate):
    """So many percent of an amount, in cents."""
    return cents * rate // 100
