"""Rounding of whole cents."""


def percent_of(cents, rate):
    """So many percent of an amount, in cents; half a cent goes up."""
    return (cents * rate + 50) // 100
