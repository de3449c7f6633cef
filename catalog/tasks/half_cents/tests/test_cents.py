from rounding import to_cents


def test_whole_cents():
    assert [to_cents(amount) for amount in ("0", "0.01", "7", "12.34")] == [0, 1, 700, 1234]
    assert to_cents("0.124") == 12
    assert to_cents("0.126") == 13


def test_half_cents_go_up():
    assert [to_cents(amount) for amount in ("0.125", "0.135", "2.005")] == [13, 14, 201]


def test_half_cents_go_to_the_even_cent():
    assert [to_cents(amount) for amount in ("0.125", "0.135", "2.005")] == [12, 14, 200]
