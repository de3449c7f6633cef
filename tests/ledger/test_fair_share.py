"""Fair shares: within every cap and every budget."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from assay.contracts.runs import WaitReason
from assay.contracts.sandboxes import SandboxRequirement
from services.ledger.scheduling.capacity import Room, capacity_of
from services.ledger.scheduling.fair_share import Budget, Candidate, RunLoad, RunQueue, head_starts, share

NONE = SandboxRequirement.NONE


def queue(run: str, count: int, priority: int = 5, worst: int = 0, **more: object) -> RunQueue[str]:
    candidates = [Candidate(f"{run}-{n}", "p", worst) for n in range(count)]
    return RunQueue(run_id=run, priority=priority, candidates=candidates, **more)  # pyright: ignore[reportArgumentType]


def of_runs(released: list[str]) -> Counter[str]:
    return Counter(attempt.partition("-")[0] for attempt in released)


def test_places_are_shared_evenly_and_unneeded_ones_go_to_other_runs() -> None:
    shared = share([queue("a", 100), queue("b", 3), queue("c", 100)], Room.total(23), {}, {})
    assert of_runs(shared.released) == {"a": 10, "b": 3, "c": 10}
    assert not shared.blocked


def test_places_are_shared_in_proportion_to_priority() -> None:
    shared = share([queue("a", 100, 1), queue("b", 100, 4)], Room.total(50), {}, {})
    assert of_runs(shared.released) == {"a": 10, "b": 40}


def test_a_cap_gives_the_reason_to_wait() -> None:
    shared = share([queue("a", 9, concurrency_left=2), queue("b", 9)], Room.total(5), {}, {"p": 4})
    assert of_runs(shared.released) == {"a": 2, "b": 2}
    assert shared.blocked == {"a": WaitReason.CONCURRENCY, "b": WaitReason.PROVIDER}


def test_a_model_has_its_part_of_a_provider_that_allows_no_more() -> None:
    candidates = [Candidate(f"a-{number}", "p", 0, model) for number, model in enumerate(("p/x", "p/y", "p/y", "p/y"))]
    shared = share([RunQueue("a", 5, candidates)], Room.total(9), {}, {"p": 0}, models={"p/x": 0, "p/y": 2})
    assert shared.released == ["a-1", "a-2"]
    assert shared.blocked == {"a": WaitReason.PROVIDER}


def test_a_cheaper_attempt_overtakes_one_that_does_not_fit() -> None:
    budgets = {"run": Budget(left=10, potential=100)}
    dear, cheap = Candidate("a-0", "p", 50), Candidate("a-1", "p", 10)
    shared = share(
        [RunQueue("a", 5, [dear, cheap], budgets=("run",), final=frozenset({"run"}))], Room.total(9), budgets, {}
    )
    assert shared.released == ["a-1"] and shared.blocked == {"a": WaitReason.BUDGET} and not shared.unaffordable


def test_an_attempt_is_unaffordable_only_by_an_account_that_never_gets_more() -> None:
    budgets = {"run": Budget(left=0, potential=5), "day": Budget(left=0, potential=5)}
    waits = share([queue("a", 1, worst=6, budgets=("day",))], Room.total(9), budgets, {})
    assert waits.blocked == {"a": WaitReason.BUDGET} and not waits.unaffordable
    ends = share([queue("a", 1, worst=6, budgets=("run", "day"), final=frozenset({"run"}))], Room.total(9), budgets, {})
    assert ends.unaffordable == {"a": ["a-0"]} and not ends.blocked


queues = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 9), st.integers(0, 7), st.none() | st.integers(0, 9)), max_size=6
)


@given(queues, st.integers(0, 40), st.integers(0, 60), st.integers(0, 30), st.none() | st.integers(0, 20))
def test_no_cap_and_no_budget_is_ever_exceeded(
    given_queues: list[tuple[int, int, int, int | None]], places: int, money: int, provider: int, overall: int | None
) -> None:
    budgets = {"day": Budget(left=money, potential=money)}
    made = [
        queue(f"r{n}", count, priority, worst, concurrency_left=cap, budgets=("day",))
        for n, (count, priority, worst, cap) in enumerate(given_queues)
    ]
    worst_case = {candidate.attempt_id: candidate.worst_nanousd for each in made for candidate in each.candidates}
    shared = share(made, Room.total(places), budgets, {"p": provider}, overall)
    assert (
        len(shared.released)
        == len(set(shared.released))
        <= min(places, provider, 10**6 if overall is None else overall)
    )
    assert sum(worst_case[attempt] for attempt in shared.released) <= money
    for each in made:
        assert each.concurrency_left is None or of_runs(shared.released)[each.run_id] <= each.concurrency_left
    waiting = sum(count for count, *_ in given_queues) - len(shared.released)
    full = len(shared.released) == min(places, 10**6 if overall is None else overall)
    assert full or not waiting or shared.blocked, "a run that waits although there is room has a reason"


def starts(slots: int, under_way: int, priorities: int, runs: dict[str, tuple[int, int]]) -> dict[str, int]:
    """Head starts of runs that need no sandbox, given as priority and attempts under way."""
    loads = {run_id: RunLoad(priority, (NONE,), {NONE: own}) for run_id, (priority, own) in runs.items()}
    given = head_starts(capacity_of([((), slots)]), {NONE: under_way}, priorities, loads)
    return {run_id: start[NONE] for run_id, start in given.items()}


def test_a_late_run_goes_before_queued_attempts_until_it_has_its_share() -> None:
    runs = {"large": (5, 48), "small": (5, 0)}
    assert starts(32, 31, 10, runs) == {}, "a slot is free, and nothing waits for one"
    assert starts(32, 48, 10, runs) == {"small": 16}
    shared = share(
        [queue("large", 100, under_way=48), queue("small", 10, head_start={NONE: 16})], Room.total(0), {}, {}
    )
    assert shared.released == [f"small-{n}" for n in range(10)] and shared.urgent == set(shared.released)
    assert starts(32, 58, 10, {"large": (5, 48), "small": (5, 10)}) == {"small": 6}
    assert starts(32, 48, 25, {"large": (5, 48), "dear": (20, 0)}) == {"dear": 25}, "shares go by priority"
    assert starts(32, 78, 20, {f"r{n}": (5, 0) for n in range(4)}) == {"r0": 2}, "not more than the slots all in all"


def test_urgent_attempts_exceed_no_cap() -> None:
    queues = [queue("a", 9, head_start={NONE: 8}, concurrency_left=2), queue("b", 9, head_start={NONE: 8})]
    shared = share(queues, Room.total(0), {}, {"p": 7}, overall=4)
    assert of_runs(shared.released) == {"a": 2, "b": 2}
    budgets = {"run": Budget(left=3, potential=3)}
    limited = queue("a", 9, worst=1, head_start={NONE: 8}, budgets=("run",))
    assert len(share([limited], Room.total(0), budgets, {}).released) == 3
