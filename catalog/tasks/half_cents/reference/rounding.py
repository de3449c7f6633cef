from decimal import ROUND_HALF_UP, Decimal


def to_cents(amount):
    return int((Decimal(amount) * 100).quantize(Decimal(1), ROUND_HALF_UP))
