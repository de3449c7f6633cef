"""What came of grading tasks' own references, no-ops and cheats: a table, what is wrong, and a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assay.cli.display.table import Table
from assay.cli.quantities import count_text
from assay.cli.task_grading import CHEATS, Grading, Validation

_MAX_TESTS, _MAX_CHARACTERS = 10, 300


def grading_table(states: Iterable[Validation]) -> Table:
    columns = ("task", "language", "checks", "reference", "no-op", "cheats", "seconds", "sandbox")
    table = Table(*columns, numbers=("seconds",), prose=("checks",))
    for state in states:
        reference, noop, cheats = _scores(state)
        checks = ", ".join(dict.fromkeys(state.checks))
        seconds = f"{state.seconds:.1f}" if state.trials else ""
        table.add(state.task, state.language or "-", checks, reference, noop, cheats, seconds, state.sandbox or "-")
    return table


def _scores(state: Validation) -> tuple[str, str, str]:
    if not state.decided:
        return "not graded", "", ""
    cheats = _cheats(state)
    good = sum(all(each.ok and each.decided for each in gradings) for gradings in cheats.values())
    shown = f"{good} of {len(cheats)} score 0" if cheats else "-"
    return _score(state, "reference"), _score(state, "noop"), shown


def _score(state: Validation, name: str) -> str:
    """The score that all samples have, or how many have the right one; ``-`` if that is left to others."""
    gradings = [each for each in state.decided if each.name == name]
    right = [each for each in gradings if each.ok]
    if len(right) == len(gradings):
        return f"{gradings[0].wanted:g}" if gradings else "-"
    return f"{gradings[0].verdict.score:g}" if len(gradings) == 1 else f"{len(right)} of {len(gradings)} right"


def _cheats(state: Validation) -> dict[str, list[Grading]]:
    """The gradings of each cheat, one for each sample."""
    found: dict[str, list[Grading]] = {}
    for each in state.trials:
        if each.name.startswith(CHEATS):
            found.setdefault(each.name, []).append(each)
    return found


def problems(state: Validation) -> Iterator[str]:
    """Of one task; empty if all is as it must be."""
    yield from state.mistakes
    if state.unchecked:
        graded = "not checked" if state.host_lacks else "only partly graded" if state.decided else "not graded"
        yield f"valid, but {graded} here: {state.unchecked}"
    if state.error:
        yield state.error
    for each in state.trials:
        if not each.ok:
            yield (
                f"{each.name} of sample {each.sample_id} scores {each.verdict.score:g}, but must score "
                f"{each.wanted:g}: {each.verdict.reason or each.verdict.outcome}"
            )
            yield from _test_lines(each)


def _test_lines(grading: Grading) -> Iterator[str]:
    for test in grading.wrong_tests[:_MAX_TESTS]:
        text = " ".join((test.message or test.error).split())
        yield f"    {test.outcome}: {test.name}" + (f": {text[:_MAX_CHARACTERS]}" if text else "")
    if (more := len(grading.wrong_tests) - _MAX_TESTS) > 0:
        yield f"    and {count_text(more, 'more test')}"


def summary(states: Sequence[Validation], seconds: float) -> str:
    lacking = sum(state.host_lacks for state in states)
    partly = [state for state in states if state.unchecked and not state.host_lacks]
    ungraded = sum(not state.decided for state in partly)
    complete = [state for state in states if state.trials and not state.unchecked]
    cheats = [each for state in states for each in _cheats(state).values() if all(one.decided for one in each)]
    right = sum(all(each.ok for each in gradings) for gradings in cheats)
    parts = [
        f"{sum(state.ok for state in complete)} of {count_text(len(states), 'task')} graded as they must be",
        f"right: references {_right(states, 'reference')}, no-ops {_right(states, 'noop')}, "
        f"cheats {right} of {len(cheats)}",
        *([f"{lacking} not checked on this host"] if lacking else []),
        *([f"{len(partly) - ungraded} only partly graded"] if len(partly) > ungraded else []),
        *([f"{ungraded} not graded here"] if ungraded else []),
    ]
    return f"{'; '.join(parts)}; {seconds:.0f} s"


def _right(states: Sequence[Validation], name: str) -> str:
    """In how many tasks all of them have the required score, of those where that was decided."""
    decided = [gradings for state in states if (gradings := [each for each in state.decided if each.name == name])]
    return f"{sum(all(each.ok for each in gradings) for gradings in decided)} of {len(decided)}"
