from bookings import free


def test_free():
    assert free is not None
