"""The lines of an order: (name, unit_cents, quantity, rate)."""


def net_by_rate(order):
    """What the lines of each tax rate cost without tax."""
    nets = {}
    for _, unit_cents, quantity, rate in order:
        nets[rate] = nets.get(rate, 0) + unit_cents * quantity
    return nets


def same_product(one, other):
    """Whether two lines differ in their quantity at most."""
    return one[0] == other[0] and one[1] == other[1] and one[3] == other[3]
