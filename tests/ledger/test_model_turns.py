"""Attempts of a provider that has one model loaded at a time: which model's turn it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from assay.contracts.runs import WaitReason
from assay.contracts.sandboxes import SandboxRequirement
from services.ledger.scheduling.capacity import Room
from services.ledger.scheduling.fair_share import Budget, Candidate, RunQueue, Turn, share
from services.ledger.scheduling.model_turns import model_turns, turn_detail

PROVIDER = "lab"
A, B, C = "lab/a", "lab/b", "lab/c"
ALL = tuple(SandboxRequirement)


def queue(run: str, *models: str, worst: int = 0, **more: object) -> RunQueue[str]:
    candidates = [Candidate(f"{run}-{place}", PROVIDER, worst, model) for place, model in enumerate(models)]
    return RunQueue(run_id=run, priority=5, candidates=candidates, **more)  # pyright: ignore[reportArgumentType]


def turn(*queues: RunQueue[str], loaded: Iterable[str] = (), **budgets: Budget) -> Turn | None:
    return model_turns((PROVIDER,), {PROVIDER: tuple(loaded)}, queues, budgets, ALL).get(PROVIDER)


def test_the_oldest_run_decides_which_model_is_first() -> None:
    assert turn(queue("r2", A), queue("r1", B, C)) == Turn(B)
    assert turn() is None


def test_a_turn_lasts_until_the_oldest_run_has_no_more_attempts_of_the_model() -> None:
    assert turn(queue("r1", B, A), loaded=[A]) == Turn(A)
    assert turn(queue("r1", B), queue("r2", A), loaded=[A]) == Turn(A, ended=True)
    assert turn(queue("r2", A), loaded=[A]) == Turn(A)
    assert turn(loaded=[A]) == Turn(A)


def test_later_runs_join_a_turn_and_do_not_prolong_it() -> None:
    older, later = queue("r1", A, B), queue("r2", A, A)
    shared = share([older, later], Room.total(9), {}, {}, turns={PROVIDER: Turn(A)})
    assert sorted(shared.released) == ["r1-0", "r2-0", "r2-1"]
    assert shared.blocked == {"r1": WaitReason.MODEL_TURN}
    assert turn(queue("r1", B), queue("r2", A), loaded=[A]) == Turn(A, ended=True)


def test_attempts_that_cannot_be_released_keep_no_model_waiting() -> None:
    poor = queue("r1", B, worst=9, budgets=("run",))
    assert turn(poor, queue("r2", A), loaded=[A], run=Budget(left=5, potential=9)) == Turn(A)
    assert turn(poor, queue("r2", A), run=Budget(left=5, potential=9)) == Turn(A)
    full = queue("r1", B, concurrency_left=0)
    assert turn(full, queue("r2", A)) == Turn(A)
    lacking = model_turns((PROVIDER,), {}, [queue("r1", B)], {}, (SandboxRequirement.DOCKER,))
    assert lacking == {}


def test_other_providers_are_not_held_back() -> None:
    both = RunQueue[str]("r1", 5, [Candidate("r1-0", PROVIDER, 0, B), Candidate("r1-1", "openai", 0, "openai/x")])
    shared = share([both], Room.total(9), {}, {}, turns={PROVIDER: Turn(A)})
    assert shared.released == ["r1-1"]


def test_the_reason_to_wait_names_the_models() -> None:
    assert turn_detail([A, B], {PROVIDER: Turn(A)}).startswith("lab/b waits for the attempts of lab/a: lab has one")
    assert "an older run needs another model" in turn_detail([A], {PROVIDER: Turn(A, ended=True)})


def test_several_models_that_run_already_leave_one() -> None:
    assert turn(queue("r1", A, B), loaded=[B, A]) == Turn(A)


@given(
    st.lists(st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=8), min_size=1, max_size=5),
    st.integers(1, 4),
)
def test_models_are_never_mixed_and_every_attempt_gets_its_turn(runs: list[list[str]], places: int) -> None:
    """At most one turn for each model of each run, so that a model is not loaded again and again."""
    waiting: dict[str, list[Candidate]] = {
        f"r{number}": [Candidate(f"r{number}-{place}", PROVIDER, 0, model) for place, model in enumerate(models)]
        for number, models in enumerate(runs)
    }
    running: list[Candidate] = []
    turns_of: list[str] = []
    for _ in range(sum(map(len, runs)) * 2 + 1):
        queues = [RunQueue[str](run, 5, left) for run, left in waiting.items() if left]
        under_way: Mapping[str, set[str]] = {PROVIDER: {each.model for each in running}}
        turns = model_turns((PROVIDER,), under_way, queues, {}, ALL)
        released = set(share(queues, Room.total(places - len(running)), {}, {}, turns=turns).released)
        for left in waiting.values():
            running += [each for each in left if each.attempt_id in released]
            left[:] = [each for each in left if each.attempt_id not in released]
        models = Counter(each.model for each in running)
        assert len(models) <= 1
        turns_of += [model for model in models if turns_of[-1:] != [model]]
        running = running[1:]
    assert not any(waiting.values()) and not running
    assert len(turns_of) <= len({(number, model) for number, models in enumerate(runs) for model in models})
