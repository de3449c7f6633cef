import pytest
from bookings import Room, Taken, free, hours, parse


def test_parse():
    assert parse("9:30-11:00, 14:00-15:15") == [(9.5, 11.0), (14.0, 15.25)]
    assert parse("7:45-8:00") == [(7.75, 8.0)]


def test_parse_refuses():
    for text in ("9:30", "11:00-9:30", "9:75-10:00", "nine"):
        with pytest.raises(ValueError):
            parse(text)
    assert parse("23:00-24:00") == [(23.0, 24.0)]


def test_free():
    assert free([(10, 12), (9, 11), (14, 15)], 8, 18) == [(8, 9), (12, 14), (15, 18)]
    assert all(start < end for start, end in free([(8, 9), (9, 10)], 8, 18)) and free([(7, 19)], 8, 18) == []


def test_hours():
    assert hours([(9, 10.5), (10, 11)]) == pytest.approx(2.0)
    assert abs(hours([(9, 9.1), (9.1, 9.3), (20, 21)]) - 1.3) < 1e-9


def test_room():
    room = Room(8, 18)
    room.book(14, 15)
    room.book(9, 11)
    assert list(room) == [(9, 11), (14, 15)]
    assert len(room) == 2


def test_taken():
    room = Room(8, 18)
    room.book(9, 11)
    with pytest.raises(Taken):
        room.book(10, 12)
    with pytest.raises(ValueError):
        room.book(17, 19)
    room.book(11, 12)
    assert [tuple(each) for each in room] == [(9, 11), (11, 12)]


def test_notifies():
    seen = []
    room = Room(8, 18)
    room.book(9, 11, notify=seen.append)
    with pytest.raises(Taken):
        room.book(9, 11, notify=seen.append)
    assert seen == [(9, 11)]


def test_held():
    room, held = Room(8, 18), []
    with pytest.raises(KeyError):
        with room.held(9, 11):
            held += room
            raise KeyError("left early")
    assert (held, len(room)) == ([(9, 11)], 0)


def test_program(candidate):
    code, printed, _ = candidate.run(["python3", "bookings.py", "8", "18"], "10:15-12:00, 9:30-11:00")
    assert (code, printed) == (0, "8:00-9:30\n12:00-18:00\n")
