import copy
import itertools
import random

import pytest
from solution import Conflict, Ledger, UnknownTarget

NUMBERS = itertools.count(1)


def event(kind, at, **fields):
    return {"id": f"e{next(NUMBERS)}", "kind": kind, "at": at, **fields}


def receive(at, item, quantity):
    return event("receive", at, item=item, quantity=quantity)


def count(at, item, quantity):
    return event("count", at, item=item, quantity=quantity)


def reserve(at, order, lines, expires=1000):
    return event("reserve", at, order=order, lines=lines, expires=expires)


def ship(at, order):
    return event("ship", at, order=order)


def cancel(at, order):
    return event("cancel", at, order=order)


def retract(at, target):
    return event("retract", at, target=target["id"])


def ledger(*events):
    made = Ledger()
    for each in events:
        assert made.append(each) is True
    return made


def state(stock, orders=None, rejected=()):
    return {"stock": stock, "orders": orders or {}, "rejected": list(rejected)}


def test_receive_reserve_ship_and_cancel():
    made = ledger(
        receive(1, "nut", 10), receive(2, "bolt", 5), receive(2, "nut", 4), reserve(3, "A", {"nut": 6, "bolt": 5}),
        reserve(4, "B", {"nut": 8}), ship(5, "A"), cancel(6, "B"),
    )
    assert made.state(0) == state({})
    assert made.state(2.5) == state({"nut": (14, 0), "bolt": (5, 0)})
    assert made.state(4) == state({"nut": (14, 14), "bolt": (5, 5)}, {"A": "open", "B": "open"})
    assert made.state(5) == state({"nut": (8, 8), "bolt": (0, 0)}, {"A": "shipped", "B": "open"})
    assert made.state(6) == state({"nut": (8, 0), "bolt": (0, 0)}, {"A": "shipped", "B": "cancelled"})


def test_insufficient_reservations_reserve_nothing():
    first, second = reserve(2, "A", {"nut": 3, "bolt": 1}), reserve(2, "B", {"nut": 6})
    made = ledger(receive(1, "nut", 5), first, second, reserve(2, "C", {"nut": 5}))
    assert made.state(2) == state(
        {"nut": (5, 5)}, {"C": "open"}, [(first["id"], "insufficient"), (second["id"], "insufficient")]
    )
    again = reserve(3, "A", {"nut": 1})
    made.append(cancel(2.5, "C"))
    made.append(again)
    assert made.state(3)["orders"] == {"C": "cancelled", "A": "open"}


def test_an_order_is_reserved_once():
    again, later = reserve(3, "A", {"nut": 1}), reserve(5, "A", {"nut": 99})
    made = ledger(receive(1, "nut", 9), reserve(2, "A", {"nut": 2}), again, ship(4, "A"), later)
    assert made.state(9) == state(
        {"nut": (7, 0)}, {"A": "shipped"}, [(again["id"], "order exists"), (later["id"], "order exists")]
    )


def test_only_open_orders_are_shipped_or_cancelled():
    events = [ship(1, "A"), cancel(1, "A"), ship(4, "A"), cancel(5, "A"), ship(6, "B")]
    made = ledger(receive(1, "nut", 9), reserve(2, "A", {"nut": 2}), ship(3, "A"), *events)
    assert made.state(9) == state({"nut": (7, 0)}, {"A": "shipped"}, [(each["id"], "not open") for each in events])


def test_late_events_take_their_place():
    early, late = reserve(5, "A", {"nut": 4}), reserve(6, "B", {"nut": 4})
    made = ledger(late, early)
    assert made.state(6)["rejected"] == [(early["id"], "insufficient"), (late["id"], "insufficient")]
    made.append(receive(4, "nut", 7))
    assert made.state(6) == state({"nut": (7, 4)}, {"A": "open"}, [(late["id"], "insufficient")])
    made.append(reserve(4.5, "C", {"nut": 5}))
    assert made.state(6)["orders"] == {"C": "open"}


def test_events_of_one_time_keep_the_order_of_arrival():
    second, first = reserve(5, "B", {"nut": 4}), reserve(5, "A", {"nut": 4})
    first["id"], second["id"] = "a-first", "z-second"
    made = ledger(receive(5, "nut", 5), second, first)
    assert made.state(5) == state({"nut": (5, 4)}, {"B": "open"}, [("a-first", "insufficient")])
    made = ledger(second, receive(5, "nut", 5), first)
    assert made.state(5) == state({"nut": (5, 4)}, {"A": "open"}, [("z-second", "insufficient")])


def test_orders_expire_before_the_events_of_that_time():
    shipping = ship(10, "A")
    made = ledger(
        receive(0, "nut", 5), reserve(1, "A", {"nut": 5}, expires=10), shipping,
        reserve(10, "B", {"nut": 5}, expires=12),
    )
    assert made.state(9.5) == state({"nut": (5, 5)}, {"A": "open"})
    assert made.state(10) == state({"nut": (5, 5)}, {"A": "expired", "B": "open"}, [(shipping["id"], "not open")])
    assert made.state(12)["stock"] == {"nut": (5, 0)}
    made.append(ship(9, "A"))
    assert made.state(11)["orders"] == {"A": "shipped"}


def test_orders_expire_also_without_events():
    made = ledger(receive(0, "nut", 5), reserve(1, "A", {"nut": 5}, expires=3))
    assert made.state(2) == state({"nut": (5, 5)}, {"A": "open"})
    assert made.state(3) == state({"nut": (5, 0)}, {"A": "expired"})
    again = reserve(4, "A", {"nut": 1})
    made.append(again)
    assert made.state(5) == state({"nut": (5, 0)}, {"A": "expired"}, [(again["id"], "order exists")])


def test_reservations_that_are_expired_already_are_rejected():
    events = [reserve(3, "B", {"nut": 99}, expires=3), reserve(4, "A", {"nut": 1}, expires=2)]
    made = ledger(receive(0, "nut", 5), reserve(1, "A", {"nut": 1}), *events)
    assert made.state(5) == state({"nut": (5, 1)}, {"A": "open"}, [(each["id"], "expired") for each in events])


def test_a_count_breaks_the_latest_reservations():
    made = ledger(
        receive(0, "nut", 10), receive(0, "bolt", 10), reserve(1, "D", {"bolt": 1}), reserve(2, "A", {"nut": 2}),
        reserve(2, "B", {"nut": 3, "bolt": 4}), reserve(1, "C", {"nut": 1}), reserve(3, "E", {"bolt": 2}),
    )
    assert made.state(3)["stock"] == {"nut": (10, 6), "bolt": (10, 7)}
    made.append(count(4, "nut", 6))
    assert made.state(4)["orders"] == {"D": "open", "C": "open", "A": "open", "B": "open", "E": "open"}
    made.append(count(5, "nut", 4))
    assert made.state(5)["stock"] == {"nut": (4, 3), "bolt": (10, 3)}
    assert made.state(5)["orders"] == {"D": "open", "C": "open", "A": "open", "B": "broken", "E": "open"}
    made.append(count(6, "nut", 0))
    assert made.state(6)["orders"] == {"D": "open", "C": "broken", "A": "broken", "B": "broken", "E": "open"}
    assert made.state(6)["stock"] == {"nut": (0, 0), "bolt": (10, 3)}
    assert ledger(count(1, "cog", 0), count(2, "nut", 3)).state(2) == state({"cog": (0, 0), "nut": (3, 0)})


def test_retracted_events_never_happened():
    receiving, reserving, shipping = receive(1, "nut", 5), reserve(2, "A", {"nut": 4}), ship(3, "A")
    made = ledger(receiving, reserving, shipping, receive(1, "bolt", 1))
    made.append(retract(50, reserving))
    assert made.state(3) == state({"nut": (5, 0), "bolt": (1, 0)}, {}, [(shipping["id"], "not open")])
    made.append(retract(0, shipping))
    assert made.state(3) == state({"nut": (5, 0), "bolt": (1, 0)})
    made.append(retract(50, receiving))
    assert made.state(3) == state({"bolt": (1, 0)})


def test_retractions_are_retracted():
    receiving = receive(1, "nut", 5)
    first = retract(2, receiving)
    second, third = retract(2, first), retract(2, receiving)
    made = ledger(receiving, first)
    assert made.state(9) == state({})
    made.append(second)
    assert made.state(9) == state({"nut": (5, 0)})
    made.append(third)
    assert made.state(9) == state({})
    made.append(retract(2, second))
    made.append(retract(2, third))
    assert made.state(9) == state({})
    made.append(retract(2, first))
    assert made.state(9) == state({"nut": (5, 0)})


def test_equal_events_arrive_once():
    receiving = receive(1, "nut", 5)
    made = ledger(receiving)
    assert made.append(dict(receiving)) is False
    assert made.state(1) == state({"nut": (5, 0)})
    withdrawn = retract(1, receiving)
    made.append(withdrawn)
    assert made.append(copy.deepcopy(receiving)) is False
    assert made.append(dict(withdrawn)) is False
    assert made.state(1) == state({})


def test_conflicts_and_unknown_targets_are_refused():
    receiving = receive(1, "nut", 5)
    made = ledger(receiving)
    unknown = {"id": "x", "kind": "retract", "at": 1, "target": "y"}
    for change in ({"quantity": 6}, {"at": 2}, {"kind": "count"}, {"note": ""}):
        with pytest.raises(Conflict):
            made.append({**receiving, **change})
    with pytest.raises(UnknownTarget):
        made.append(unknown)
    with pytest.raises(UnknownTarget):
        made.append({**unknown, "target": "x"})
    assert issubclass(Conflict, ValueError) and issubclass(UnknownTarget, ValueError)
    assert made.state(5) == state({"nut": (5, 0)})
    made.append({**receive(1, "nut", 3), "id": "y"})
    assert made.append(unknown) is True
    assert made.state(5) == state({"nut": (5, 0)})
    assert Ledger().state(5) == state({})


def history(source):
    """Random events with increasing ids, and times in no order."""
    events = []
    for _ in range(30):
        at, item, order = source.randrange(20), source.choice("xyz"), source.choice("ABCDEF")
        kind = source.choice("receive receive reserve reserve reserve ship cancel count retract".split())
        if kind == "receive":
            events.append(receive(at, item, source.randrange(1, 9)))
        elif kind == "reserve":
            lines = {each: source.randrange(1, 5) for each in source.sample("xyz", source.randrange(1, 3))}
            events.append(reserve(at, order, lines, at + source.randrange(12)))
        elif kind == "count":
            events.append(count(at, item, source.randrange(8)))
        elif kind == "retract" and events:
            events.append(retract(at, source.choice(events)))
        elif kind != "retract":
            events.append(event(kind, at, order=order))
    return events


def told(events, at):
    """The state, from a list of reservations [order, lines, expires, status] whose sums are made anew every time."""
    counts = dict.fromkeys((each["id"] for each in events), True)
    for place in reversed(range(len(events))):
        retractions = [other["id"] for other in events[place:] if other.get("target") == events[place]["id"]]
        counts[events[place]["id"]] = not any(counts[each] for each in retractions)
    on_hand, orders, rejected = {}, [], []

    def reserved(item):
        return sum(order[1].get(item, 0) for order in orders if order[3] == "open")

    def pass_time(now):
        for order in orders:
            if order[3] == "open" and order[2] <= now:
                order[3] = "expired"

    for moment in range(at + 1):
        pass_time(moment)
        for each in events:
            if each["at"] != moment or not counts[each["id"]]:
                continue
            kind, item = each["kind"], each.get("item")
            known = [order for order in orders if order[0] == each.get("order")]
            if kind == "receive":
                on_hand[item] = on_hand.get(item, 0) + each["quantity"]
            elif kind == "count":
                on_hand[item] = each["quantity"]
                for order in reversed(orders):
                    if order[3] == "open" and item in order[1] and reserved(item) > on_hand[item]:
                        order[3] = "broken"
            elif kind == "reserve":
                reason = "expired" if each["expires"] <= moment else "order exists" if known else None
                for name, quantity in each["lines"].items():
                    if quantity + reserved(name) > on_hand.get(name, 0):
                        reason = reason or "insufficient"
                if reason:
                    rejected.append((each["id"], reason))
                else:
                    orders.append([each["order"], each["lines"], each["expires"], "open"])
            elif kind in ("ship", "cancel"):
                if not known or known[0][3] != "open":
                    rejected.append((each["id"], "not open"))
                    continue
                known[0][3] = "shipped" if kind == "ship" else "cancelled"
                for name, quantity in known[0][1].items() if kind == "ship" else ():
                    on_hand[name] -= quantity
    stock = {item: (number, reserved(item)) for item, number in on_hand.items()}
    return state(stock, {order[0]: order[3] for order in orders}, rejected)


def test_random_histories_agree_with_a_plain_account():
    source = random.Random(404)
    seen = set()
    for _ in range(40):
        events = history(source)
        made = ledger(*events)
        for at in (5, 12, 35):
            expected = told(events, at)
            seen |= {*expected["orders"].values(), *(reason for _, reason in expected["rejected"])}
            assert made.state(at) == expected
    assert len(seen) == 8
