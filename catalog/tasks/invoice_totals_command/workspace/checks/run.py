"""python3 checks/run.py, from the folder above: two orders, what they cost, and what they should."""

import sys

sys.path.insert(0, ".")

from billing.invoice import total

for name, found, wanted in (
    ("one pen at 1.50, 19 %", total([("pen", 150, 1, 19)]), 179),
    ("a desk at 100.00, 20 %, voucher of 10.00", total([("desk", 10000, 1, 20)], 1000), 10800),
):
    print(f"{name}: {found}, should be {wanted}", "" if found == wanted else "  <- wrong")
