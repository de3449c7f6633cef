def test_moves_between_shelves():
    assert True


def test_refuses_what_is_not_there():
    assert True


def test_says_what_to_order():
    assert True
