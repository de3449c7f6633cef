from solution import larger


def test_first_is_larger():
    assert larger(9, 4) == 9


def test_second_is_larger():
    assert larger(4, 9) == 9


def test_equal_numbers():
    assert larger(5, 5) == 5


def test_negative_numbers():
    assert larger(-3, -8) == -3
    assert larger(-1, 0) == 0


def test_floats():
    assert larger(0.1, 0.2) == 0.2


def test_order_does_not_matter():
    for a in range(-6, 7):
        for b in range(-6, 7):
            assert larger(a, b) == larger(b, a)
            assert larger(a, b) in (a, b)
            assert larger(a, b) >= a
            assert larger(a, b) >= b
