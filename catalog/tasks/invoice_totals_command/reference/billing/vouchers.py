"""Vouchers, shared among the tax rates of an order."""


def shares(nets, voucher_cents):
    """How much of the voucher each rate bears."""
    whole = sum(nets.values())
    voucher_cents = min(voucher_cents, whole)
    if whole == 0:
        return {rate: 0 for rate in nets}
    found = {rate: net * voucher_cents // whole for rate, net in nets.items()}
    left = voucher_cents - sum(found.values())
    while left:
        for rate in sorted(nets, reverse=True):
            taken = min(left, 1, nets[rate] - found[rate])
            found[rate] += taken
            left -= taken
    return found
