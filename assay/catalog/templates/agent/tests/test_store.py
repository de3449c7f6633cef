import pytest
from store import Store


def test_takes_what_is_there():
    store = Store()
    store.put("bolt", 3)
    assert store.take("bolt", 2) == 1
    assert store.take("bolt", 1) == 0
    with pytest.raises(ValueError):
        store.take("bolt", 1)


def test_refuses_more_than_there_is():
    store = Store()
    store.put("nut", 2)
    with pytest.raises(ValueError):
        store.take("nut", 3)
    with pytest.raises(ValueError):
        store.take("bolt", 1)
    assert store.take("nut", 2) == 0
