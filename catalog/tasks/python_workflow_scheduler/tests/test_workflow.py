import random

import pytest
from solution import Workflow, WorkflowError


def task(name, *needs, **options):
    return {"name": name, "needs": list(needs), **options}


class Starts:
    """Records what is started; `results` are what single attempts return, or raise."""

    def __init__(self, results=()):
        self.results, self.seen = dict(results), []

    def start(self, name, attempt):
        self.seen.append((name, attempt))
        result = self.results.get((name, attempt), self.results.get(name))
        if isinstance(result, Exception):
            raise result
        return result

    def take(self):
        """The names that were started since the last time, with the attempt if it is not the first."""
        taken, self.seen[:] = [name if attempt == 1 else (name, attempt) for name, attempt in self.seen], []
        return taken


def workflow(tasks, slots=9, results=()):
    starts = Starts(results)
    return Workflow(tasks, slots, starts.start), starts


def test_tasks_start_when_their_needs_have_succeeded():
    made, starts = workflow([task("d", "b", "c"), task("c", "a"), task("b", "a"), task("a"), {"name": "e"}])
    assert (made.states(), starts.take()) == (dict.fromkeys("dcbae", "waiting"), [])
    made.advance(0)
    assert starts.take() == ["a", "e"]
    assert made.report("a", 1, True, 1) is True
    assert starts.take() == ["c", "b"]
    made.report("b", 1, True, 2)
    assert made.states() == {"d": "waiting", "c": "running", "b": "succeeded", "a": "succeeded", "e": "running"}
    made.report("c", 1, True, 2)
    assert starts.take() == ["d"]
    assert made.next_time() is None


def test_failures_skip_what_needs_them():
    made, starts = workflow([task("a"), task("b", "a"), task("c", "b"), task("d"), task("e", "c", "d")])
    made.advance(0)
    made.report("a", 1, False, 1)
    assert made.states() == {"a": "failed", "b": "skipped", "c": "skipped", "d": "running", "e": "skipped"}
    made.report("d", 1, True, 2)
    assert starts.take() == ["a", "d"]


def test_always_waits_for_all_needs_whatever_they_become():
    made, starts = workflow(
        [task("a"), task("b", "a"), task("c"), task("clean", "b", "c", always=True), task("last", "clean")])
    made.advance(0)
    made.report("c", 1, False, 1)
    assert made.states()["clean"] == "waiting"
    made.report("a", 1, False, 2)
    assert starts.take() == ["a", "c", "clean"]
    made.report("clean", 1, True, 3)
    assert starts.take() == ["last"]


def test_slots_limit_what_runs_and_nothing_overtakes():
    made, starts = workflow([task("a", slots=2), task("b", slots=3), task("c"), task("d")], slots=4)
    made.advance(0)
    assert (starts.take(), made.states()["c"]) == (["a"], "ready")
    made.report("a", 1, True, 1)
    assert starts.take() == ["b", "c"]
    made.report("c", 1, True, 2)
    assert starts.take() == ["d"]


def test_the_highest_priority_starts_first():
    made, starts = workflow([task("a"), task("b", priority=-1), task("c", priority=2), task("d", priority=2)], slots=1)
    for now in range(5):
        made.advance(now)
        for each in "abcd":
            made.report(each, 1, True, now)
    assert starts.take() == ["c", "d", "a", "b"]


def test_priorities_are_inherited_from_what_needs_a_task():
    tasks = [task("a"), task("b", priority=3), task("c"), task("d", "c"), task("e", "d", "f", priority=5), task("f")]
    made, starts = workflow(tasks, slots=1)
    made.advance(0)
    for each in "cdfe":
        assert made.report(each, 1, True, 1) is True
    assert starts.take() == ["c", "d", "f", "e", "b"]


def test_final_tasks_pass_no_priority_on():
    tasks = [task("first", priority=9), task("a", priority=1), task("b"), task("c", "b", "x", priority=5), task("x")]
    made, starts = workflow(tasks, slots=1)
    made.advance(0)
    assert made.cancel("c", 1) is True
    made.report("first", 1, True, 2)
    assert starts.take() == ["first", "a"]
    made, starts = workflow(tasks[:-1] + [task("x", priority=7)], slots=1)
    made.advance(0)
    made.report("first", 1, True, 1)
    made.report("x", 1, False, 2)
    assert starts.take() == ["first", "x", "a"]


def test_retries_are_delayed_longer_and_longer():
    made, starts = workflow([task("a", retries=3, delay=1.5), task("b", "a")])
    made.advance(0)
    made.report("a", 1, False, 10)
    assert (made.states()["a"], made.next_time()) == ("delayed", 11.5)
    made.advance(11.25)
    assert starts.take() == ["a"]
    made.advance(11.5)
    made.report("a", 2, False, 12)
    assert (made.next_time(), starts.take()) == (15, [("a", 2)])
    made.advance(16)
    made.report("a", 3, False, 20)
    assert (made.next_time(), made.states()["b"]) == (26, "waiting")
    made.advance(26)
    made.report("a", 4, False, 27)
    assert made.states() == {"a": "failed", "b": "skipped"}
    assert (made.next_time(), starts.take()) == (None, [("a", 3), ("a", 4)])


def test_delayed_tasks_leave_their_slots_to_others():
    made, starts = workflow([task("a", retries=1, delay=5, priority=1), task("b"), task("c")], slots=1)
    made.advance(0)
    made.report("a", 1, False, 1)
    made.report("b", 1, True, 6)
    assert starts.take() == ["a", "b", ("a", 2)]
    made.report("a", 2, True, 7)
    assert starts.take() == ["c"]


def test_attempts_time_out():
    made, starts = workflow([task("a", timeout=5, retries=1, delay=2), task("b", timeout=3), task("c", "b")])
    made.advance(1)
    assert made.next_time() == 4
    made.advance(3.5)
    assert made.states() == {"a": "running", "b": "running", "c": "waiting"}
    made.advance(4)
    assert made.states() == {"a": "running", "b": "failed", "c": "skipped"}
    assert made.next_time() == 6
    made.advance(7)
    assert (made.states()["a"], made.next_time()) == ("delayed", 9)
    assert made.report("a", 1, True, 8) is False
    made.advance(9)
    assert made.report("a", 1, True, 9) is False
    assert (made.next_time(), starts.take()) == (14, ["a", "b", ("a", 2)])
    assert made.report("a", 2, True, 14) is True
    assert made.states()["a"] == "succeeded"


def test_stale_and_unknown_reports_only_let_time_pass():
    made, starts = workflow([task("a"), task("b", timeout=2, retries=1, delay=0), task("c", "a")])
    assert made.report("a", 1, True, 0) is False
    assert starts.take() == ["a", "b"]
    for name, attempt in (("a", 2), ("a", 0), ("c", 1), ("z", 1)):
        assert made.report(name, attempt, True, 1) is False
    assert made.report("z", 1, True, 2) is False
    assert starts.take() == [("b", 2)]
    made.report("a", 1, True, 3)
    assert made.report("a", 1, False, 3) is False
    assert made.states() == {"a": "succeeded", "b": "running", "c": "running"}


def test_cancelling():
    made, starts = workflow([task("a", timeout=9), task("b", "a"), task("c"), task("d", "c", always=True)], slots=1)
    assert made.cancel("c", 0) is True
    assert starts.take() == ["a"]
    assert made.cancel("a", 1) is True
    assert made.cancel("a", 1) is False
    assert made.cancel("b", 1) is False
    assert made.cancel("z", 1) is False
    assert made.report("a", 1, True, 2) is False
    assert made.states() == {"a": "cancelled", "b": "skipped", "c": "cancelled", "d": "running"}
    assert (starts.take(), made.next_time()) == (["d"], None)
    made, starts = workflow([task("a", retries=1, timeout=1, delay=5)])
    assert made.cancel("z", 0) is False
    made.advance(2)
    assert (made.states(), made.cancel("a", 3), made.next_time()) == ({"a": "delayed"}, True, None)
    assert starts.take() == ["a"]


def test_attempts_that_are_over_at_once():
    results = {"a": True, "b": False, "c": KeyError("no"), ("d", 1): ValueError("later"), ("d", 2): True}
    made, starts = workflow(
        [task("a", slots=2), task("b", "a", retries=2, delay=0), task("c", "a", retries=1, delay=3), task("d", "a",
         retries=1, delay=0, priority=1), task("e", "d", priority=1)], 2, results)
    made.advance(0)
    assert starts.take() == ["a", "d", ("d", 2), "e", "b", ("b", 2), ("b", 3), "c"]
    assert made.states() == {"a": "succeeded", "b": "failed", "c": "delayed", "d": "succeeded", "e": "running"}
    made.advance(3)
    assert (made.states()["c"], starts.take()) == ("failed", [("c", 2)])


def test_time_never_goes_back():
    made, starts = workflow([task("a", timeout=3), task("b", "a")])
    made.advance(5)
    for call in (lambda: made.advance(4), lambda: made.report("a", 1, True, 4.5), lambda: made.cancel("a", 4)):
        with pytest.raises(ValueError):
            call()
    assert (made.states(), made.next_time()) == ({"a": "running", "b": "waiting"}, 8)
    made.report("a", 1, True, 7)
    with pytest.raises(ValueError):
        made.advance(6)
    assert starts.take() == ["a", "b"]


def test_mistakes_are_refused():
    for tasks, names in (
        ([task("a"), task("b"), task("a")], []),
        ([task("a", "z")], []),
        ([task("a", slots=0)], []),
        ([task("a"), task("b", slots=4)], []),
        ([task("a", "a")], ["a"]),
        ([task("e", "d"), task("a"), task("d", "c", "a"), task("b", "d"), task("c", "b"), task("f", "a")],
         ["e", "d", "b", "c"]),
        ([task("a", "b"), task("x"), task("b", "a"), task("c", "d"), task("d", "c", "x")], list("abcd")),
    ):
        with pytest.raises(WorkflowError) as caught:
            workflow(tasks, slots=3)
        assert caught.value.names == names
    made, starts = workflow([task("a", slots=3), task("b", "a", "a")], slots=3, results={"a": True})
    made.advance(0)
    assert starts.take() == ["a", "b"]
    assert issubclass(WorkflowError, ValueError)


class Account:
    """The states as they follow from the history of attempts: [start, end or None, ok] by task."""

    def __init__(self, tasks, slots, outcome):
        self.tasks = {each["name"]: each for each in tasks}
        self.slots, self.outcome = slots, outcome
        self.attempts = {name: [] for name in self.tasks}
        self.cancelled, self.started, self.reports = set(), [], []

    def state(self, name, now):
        mine, attempts = self.tasks[name], self.attempts[name]
        if name in self.cancelled:
            return "cancelled"
        if attempts:
            _, end, ok = attempts[-1]
            if end is None or ok:
                return "running" if end is None else "succeeded"
            if len(attempts) > mine["retries"]:
                return "failed"
            return "delayed" if now < end + mine["delay"] * 2 ** (len(attempts) - 1) else "ready"
        needs = {self.state(need, now) for need in mine["needs"]}
        if needs & {"failed", "skipped", "cancelled"} and not mine["always"]:
            return "skipped"
        return "waiting" if needs & {"waiting", "ready", "running", "delayed"} else "ready"

    def needs(self, name, other):
        return other in self.tasks[name]["needs"] or any(self.needs(need, other) for need in self.tasks[name]["needs"])

    def urgency(self, name, now):
        above = [each for each in self.tasks if self.needs(each, name) and self.state(each, now) in
                 ("waiting", "ready", "running", "delayed")]
        return max(self.tasks[each]["priority"] for each in [name, *above])

    def advance(self, now):
        for name, attempts in self.attempts.items():
            if self.state(name, now) == "running" and now >= attempts[-1][0] + self.tasks[name]["timeout"]:
                attempts[-1][1:] = now, False
        while ready := [name for name in self.tasks if self.state(name, now) == "ready"]:
            chosen = sorted(ready, key=lambda name: self.urgency(name, now))[-1]
            chosen = next(name for name in ready if self.urgency(name, now) == self.urgency(chosen, now))
            running = [name for name in self.tasks if self.state(name, now) == "running"]
            if sum(self.tasks[name]["slots"] for name in [*running, chosen]) > self.slots:
                break
            self.attempts[chosen].append([now, None, None])
            attempt = len(self.attempts[chosen])
            self.started.append((chosen, attempt))
            result, after = self.outcome[chosen, attempt]
            if after == 0:
                self.attempts[chosen][-1][1:] = now, result
            else:
                self.reports.append((now + after, chosen, attempt, result))


def test_random_workflows_agree_with_an_account_of_attempts():
    source = random.Random(12)
    seen = set()
    for _ in range(40):
        tasks = []
        for name in source.sample("abcdefgh", 8):
            needs = source.sample([each["name"] for each in tasks], min(len(tasks), source.choice((0, 1, 1, 2))))
            tasks.append(task(
                name, *needs, priority=source.randrange(4), slots=source.randrange(1, 3), retries=source.randrange(3),
                delay=source.randrange(3), timeout=source.randrange(2, 9), always=source.random() < 0.2))
        source.shuffle(tasks)
        outcome = {(each["name"], attempt): (source.random() < 0.6, source.randrange(7)) for each in tasks
                   for attempt in (1, 2, 3)}
        account = Account(tasks, 3, outcome)
        starts = Starts({key: ok for key, (ok, after) in outcome.items() if after == 0})
        made, now = Workflow(tasks, 3, starts.start), 0
        while now < 45:
            due = sorted(each for each in account.reports if each[0] <= now)[:1]
            if due:
                account.reports.remove(due[0])
                _, name, attempt, ok = due[0]
                runs = account.state(name, now) == "running" and len(account.attempts[name]) == attempt
                if runs:
                    account.attempts[name][-1][1:] = now, ok
                account.advance(now)
                assert made.report(name, attempt, ok, now) is runs
            elif source.random() < 0.03:
                name = source.choice("abcdefgh")
                open_now = account.state(name, now) in ("waiting", "ready", "running", "delayed")
                account.cancelled |= {name} if open_now else set()
                account.advance(now)
                assert made.cancel(name, now) is open_now
            else:
                account.advance(now)
                made.advance(now)
                now += 1
                continue
            assert starts.seen == account.started
        states = {name: account.state(name, 44) for name in account.tasks}
        assert (made.states(), starts.seen) == (states, account.started)
        seen |= set(states.values())
    assert seen >= {"succeeded", "failed", "skipped", "cancelled"}
