from rounding import to_cents

assert to_cents("12.34") == 1234
assert to_cents("0.125") == 12
