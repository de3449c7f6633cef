from fractions import Fraction

from billing import invoice, vouchers


def reckoned(order, voucher_cents):
    """The total as README.md has it, in exact fractions."""
    nets = {}
    for _, unit_cents, quantity, rate in order:
        nets[rate] = nets.get(rate, 0) + unit_cents * quantity
    whole = sum(nets.values())
    voucher_cents = min(voucher_cents, whole)
    borne = {rate: int(Fraction(net * voucher_cents, whole or 1)) for rate, net in nets.items()}
    left = voucher_cents - sum(borne.values())
    while left:
        for rate in sorted(nets, reverse=True):
            if left and borne[rate] < nets[rate]:
                borne[rate] += 1
                left -= 1
    taxes = sum(int(Fraction((nets[rate] - borne[rate]) * rate, 100) + Fraction(1, 2)) for rate in nets)
    return whole - voucher_cents + taxes


def test_half_cents_go_up():
    assert invoice.total([("pen", 150, 1, 19)]) == 179
    assert invoice.total([("clip", 10, 1, 5)]) == 11
    assert invoice.total([("clip", 10, 1, 4)]) == 10


def test_tax_is_rounded_once_for_each_rate():
    order = [("a", 150, 1, 19), ("b", 150, 1, 19), ("c", 50, 1, 7), ("d", 57, 1, 7)]
    assert invoice.taxes(order) == {19: 57, 7: 7}
    assert invoice.taxes([("a", 150, 1, 19)]) == {19: 29}


def test_a_voucher_comes_before_tax():
    assert invoice.total([("desk", 10000, 1, 20)], 1000) == 10800
    assert invoice.taxes([("desk", 10000, 1, 20)], 1000) == {20: 1800}


def test_a_voucher_never_makes_less_than_nothing():
    assert invoice.total([("pen", 150, 2, 19)], 500) == 0
    assert invoice.total([], 500) == 0


def test_a_voucher_is_shared_by_worth_to_the_cent():
    assert vouchers.shares({19: 100, 7: 100, 0: 100}, 200) == {19: 67, 7: 67, 0: 66}
    assert vouchers.shares({20: 1, 10: 1, 5: 3}, 4) == {20: 1, 10: 1, 5: 2}
    assert vouchers.shares({0: 7}, 7) == {0: 7}


def test_merging_leaves_both_orders_alone():
    first, second = [("pen", 150, 1, 19), ("book", 900, 1, 7)], [("pen", 150, 2, 19), ("pen", 160, 1, 19)]
    merged = invoice.merged(first, second)
    assert list(merged) == [("pen", 150, 3, 19), ("book", 900, 1, 7), ("pen", 160, 1, 19)]
    assert first == [("pen", 150, 1, 19), ("book", 900, 1, 7)]
    assert second == [("pen", 150, 2, 19), ("pen", 160, 1, 19)]


def test_totals_agree_with_exact_fractions():
    for seed in range(60):
        order = [
            (f"p{index}", (seed * 37 + index * 91) % 500 + 1, (seed + index) % 4 + 1, (0, 7, 19, 20)[(seed + index) % 4])
            for index in range(seed % 5 + 1)
        ]
        voucher_cents = seed * 23 % 700
        assert invoice.total(order, voucher_cents) == reckoned(order, voucher_cents)
