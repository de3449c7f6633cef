"""Totals of orders."""

from billing.lines import net_by_rate, same_product
from billing.rounding import percent_of
from billing.vouchers import shares


def taxes(order, voucher_cents=0):
    """The tax of each rate."""
    found = {}
    for rate, net in net_by_rate(order).items():
        found[rate] = percent_of(net, rate)
    return found


def total(order, voucher_cents=0):
    """What the customer pays."""
    nets = net_by_rate(order)
    whole = sum(nets.values()) + sum(taxes(order, voucher_cents).values())
    return whole - sum(shares(nets, voucher_cents).values())


def merged(first, second):
    """Both orders as one."""
    lines = first
    for line in second:
        for index, known in enumerate(lines):
            if same_product(known, line):
                lines[index] = (known[0], known[1], known[2] + line[2], known[3])
                break
        else:
            lines.append(line)
    return lines
