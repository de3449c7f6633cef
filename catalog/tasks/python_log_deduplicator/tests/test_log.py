import random
import string

import pytest
from solution import Deduplicator, fingerprint


def passed(time, level, message):
    return "message", time, level, message


def feed_all(log, *messages):
    """Feeds (time, text) pairs of the level INFO, and returns all records."""
    return [record for time, text in messages for record in log.feed(time, "INFO", text)]


def test_numbers_and_ids_are_replaced():
    assert fingerprint("try 12 of 5: node17 at 10.0.0.25") == "try <num> of <num>: node17 at <num>.<num>.<num>.<num>"
    assert fingerprint("trace 00ffAB12/DEADBEE1 done") == "trace <id>/<id> done"
    assert fingerprint("7") == "<num>"
    assert fingerprint("x-9_8") == "x-<num>_<num>"


def test_what_looks_like_an_id_is_kept():
    assert fingerprint("deadbeef 0badcaf 1234567g effaced99 facade12") == "deadbeef 0badcaf 1234567g <id> <id>"
    assert fingerprint("12345678 1234567890123") == "<num> <num>"
    assert fingerprint("٣٤ x１２ 5") == "٣٤ x１２ <num>"


def test_quoted_texts_are_replaced():
    assert fingerprint('open "a 1" and "" or "b"') == "open <str> and <str> or <str>"
    assert fingerprint('say "x" "y 5') == 'say <str> "y <num>'
    assert fingerprint('5"5"5') == "<num><str><num>"
    assert fingerprint('a "line\nbreak" \'7\' "\\" 9"') == "a <str> '<num>' <str> <num>\""
    assert fingerprint('dead"x"beef1') == "dead<str>beef1"


def test_whitespace_is_reduced():
    assert fingerprint("  a\t\tb \n 3  ") == "a b <num>"
    assert fingerprint(' \n "" \t') == "<str>"
    assert fingerprint("") == ""


def test_first_messages_pass_and_a_summary_follows():
    log = Deduplicator(10, 2, 5)
    records = feed_all(log, (0, "disk 1 full"), (1, "disk 2 full"), (2, "disk 3  full"), (3.5, "disk 4 full"))
    assert records == [passed(0, "INFO", "disk 1 full"), passed(1, "INFO", "disk 2 full")]
    assert log.advance(10) == [("summary", 10, "INFO", "disk <num> full", 2, 3.5)]
    assert log.advance(10) == []


def test_a_group_ends_exactly_after_the_window():
    log = Deduplicator(5, 1, 9)
    assert feed_all(log, (1, "a"), (2, "a"), (5.75, "a"), (6, "a")) == [
        passed(1, "INFO", "a"), ("summary", 6, "INFO", "a", 2, 5.75), passed(6, "INFO", "a")]
    assert feed_all(log, (12, "a"), (13, "a"), (30, "a")) == [
        passed(12, "INFO", "a"), ("summary", 17, "INFO", "a", 1, 13), passed(30, "INFO", "a")]


def test_without_suppressed_messages_there_is_no_summary():
    log = Deduplicator(5, 2, 2)
    assert feed_all(log, (0, "a"), (1, "b"), (2, "a"), (3, "c"), (20, "d")) == [
        passed(0, "INFO", "a"), passed(1, "INFO", "b"), passed(2, "INFO", "a"), passed(3, "INFO", "c"),
        passed(20, "INFO", "d")]
    assert log.close() == []


def test_levels_are_separate():
    log = Deduplicator(10, 1, 9)
    log.feed(0, "INFO", "same")
    assert log.feed(1, "WARN", "same") == [passed(1, "WARN", "same")]
    assert log.feed(2, "INFO", "same") == []
    assert log.feed(2, "WARN", "same") == []
    assert log.feed(3, "WARN", "same") == []
    assert log.advance(99) == [("summary", 10, "INFO", "same", 1, 2), ("summary", 11, "WARN", "same", 2, 3)]


def test_summaries_come_in_order_of_ends_then_of_opening():
    log = Deduplicator(10, 1, 9)
    feed_all(log, (0, "z"), (0, "b"), (1, "a"), (2, "a"), (2, "b"), (3, "z"))
    assert log.feed(11, "INFO", "new") == [
        ("summary", 10, "INFO", "z", 1, 3), ("summary", 10, "INFO", "b", 1, 2), ("summary", 11, "INFO", "a", 1, 2),
        passed(11, "INFO", "new")]


def test_too_many_groups_close_the_one_that_was_quiet_longest():
    log = Deduplicator(100, 1, 2)
    assert feed_all(log, (0, "a"), (1, "b"), (2, "b"), (3, "a"), (4, "c")) == [
        passed(0, "INFO", "a"), passed(1, "INFO", "b"), ("summary", 4, "INFO", "b", 1, 2), passed(4, "INFO", "c")]
    assert log.feed(5, "INFO", "a") == []
    assert feed_all(log, (6, "b"), (7, "c")) == [
        passed(6, "INFO", "b"), ("summary", 7, "INFO", "a", 2, 5), passed(7, "INFO", "c")]
    log = Deduplicator(100, 1, 2)
    feed_all(log, (0, "a"), (0, "b"), (0, "b"), (0, "a"))
    assert log.feed(0, "INFO", "c") == [("summary", 0, "INFO", "b", 1, 0), passed(0, "INFO", "c")]


def test_ended_groups_make_room():
    log = Deduplicator(10, 1, 2)
    feed_all(log, (0, "a"), (1, "a"), (5, "b"), (6, "b"))
    assert log.feed(10, "INFO", "c") == [("summary", 10, "INFO", "a", 1, 1), passed(10, "INFO", "c")]
    assert log.feed(11, "INFO", "b") == []
    assert log.close() == [("summary", 15, "INFO", "b", 2, 11)]


def test_fatal_messages_always_pass():
    log = Deduplicator(10, 1, 1)
    feed_all(log, (0, "a"), (1, "a"))
    for time in (2, 3):
        assert log.feed(time, "FATAL", "x  1") == [passed(time, "FATAL", "x  1")]
    assert log.feed(4, "INFO", "a") == []
    assert log.feed(12, "FATAL", "y") == [("summary", 10, "INFO", "a", 2, 4), passed(12, "FATAL", "y")]
    assert log.close() == []


def test_close_closes_all():
    log = Deduplicator(10, 1, 9)
    feed_all(log, (1, "b"), (2, "a"), (3, "a"), (4, "b"))
    assert log.close() == [("summary", 11, "INFO", "b", 1, 4), ("summary", 12, "INFO", "a", 1, 3)]
    assert log.close() == []
    with pytest.raises(ValueError):
        log.feed(3, "INFO", "a")
    assert feed_all(log, (4, "a"), (5, "a")) == [passed(4, "INFO", "a")]
    assert log.close() == [("summary", 14, "INFO", "a", 1, 5)]


def test_time_never_goes_back():
    log = Deduplicator(10, 1, 9)
    feed_all(log, (0, "a"), (5, "a"))
    for call in (lambda: log.feed(4.5, "INFO", "a"), lambda: log.advance(4.5), lambda: log.feed(-1, "FATAL", "a")):
        with pytest.raises(ValueError):
            call()
    assert log.advance(8) == []
    with pytest.raises(ValueError):
        log.feed(7, "INFO", "b")
    assert log.feed(8, "FATAL", "f") == [passed(8, "FATAL", "f")]
    assert log.advance(20) == [("summary", 10, "INFO", "a", 1, 5)]


def test_arguments_are_checked():
    for arguments in ((0, 1, 1), (-1, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, -2)):
        with pytest.raises(ValueError):
            Deduplicator(*arguments)
    first, second = Deduplicator(0.5, 1, 1), Deduplicator(0.5, 1, 1)
    assert first.feed(7, "INFO", "a") == [passed(7, "INFO", "a")]
    assert second.feed(7, "INFO", "a") == [passed(7, "INFO", "a")]
    assert first.feed(7.25, "INFO", "a") == []


def simulated(messages, window, limit, max_groups):
    """All records of a stream, from a plain list of groups: [level, fingerprint, times of messages]."""
    groups, records = [], []

    def leave(group, time):
        groups.remove(group)
        level, text, times = group
        if len(times) > limit:
            records.append(("summary", time, level, text, len(times) - limit, times[-1]))

    def leave_until(time):
        for group in sorted(groups, key=lambda group: group[2][0]):
            if group[2][0] + window <= time:
                leave(group, group[2][0] + window)

    for time, level, text, message in messages:
        leave_until(time)
        mine = [group for group in groups if group[:2] == [level, text]]
        if not mine and len(groups) == max_groups:
            leave(min(groups, key=lambda group: group[2][-1]), time)
        if not mine:
            mine = [[level, text, []]]
            groups += mine
        mine[0][2].append(time)
        if len(mine[0][2]) <= limit:
            records.append(("message", time, level, message))
    leave_until(float("inf"))
    return records


def test_random_streams_agree_with_a_simulation():
    source = random.Random(5)
    for window, limit, max_groups in ((20, 1, 3), (30, 2, 2), (9, 3, 6), (50, 1, 1), (40, 2, 4)):
        time, messages = 0, []
        for _ in range(120):
            time += source.choice((1, 1, 2, 3, 9))
            word = source.choice("pqrst")
            quoted = "".join(source.choices(string.ascii_letters + " 0123", k=5))
            level = source.choice(("INFO", "WARN"))
            messages.append((time, level, f"{word} <num>: <str>", f'{word}  {source.randrange(99)}: "{quoted}" '))
        log = Deduplicator(window, limit, max_groups)
        records = [record for time, level, _, message in messages for record in log.feed(time, level, message)]
        assert records + log.close() == simulated(messages, window, limit, max_groups)
