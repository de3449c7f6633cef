"""Counting a run as its facts come in, and how that is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from assay.cli.errors import FAILED, FINE, STRICT
from assay.cli.following import exit_code
from assay.cli.output import row, shown, stdout, table
from assay.cli.showing import Lines, summary
from assay.cli.tally import Tally
from assay.contracts.attempts import AttemptView, State
from assay.contracts.facts import AttemptFinished, AttemptStarted, RunFinished
from assay.contracts.live import RunSnapshot
from assay.contracts.runs import Progress, RunStatus, RunView
from assay.contracts.verdicts import Outcome

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUN = RunView(
    run_id="r",
    project="default",
    name="",
    suite="demo",
    status=RunStatus.RUNNING,
    created_at=NOW,
    models=("a/x", "b/y"),
    task_ids=("t",),
    repeats=1,
    progress=Progress(total=3),
    sequence=1,
)


def attempt(ordinal: int, model: str, **more: object) -> AttemptView:
    view = AttemptView(
        attempt_id=f"r-{ordinal}",
        run_id="r",
        ordinal=ordinal,
        task_id="t",
        category="c",
        sample_id="s",
        model=model,
        repeat=0,
        state=State.WAITING,
        changed_at=NOW,
    )
    return msgspec.structs.replace(view, **more)


@pytest.fixture
def tally() -> Tally:
    return Tally.of(RunSnapshot(run=RUN, attempts=(attempt(0, "a/x"), attempt(1, "a/x"), attempt(2, "b/y"))))


def finished(view: AttemptView, outcome: Outcome, done: int, cost_usd: str = "0") -> AttemptFinished:
    ended = msgspec.structs.replace(view, state=State.DONE, outcome=outcome, cost_usd=cost_usd)
    return AttemptFinished(attempt=ended, progress=Progress(total=3, done=done))


def test_attempts_are_counted_by_model_as_facts_come(tally: Tally) -> None:
    tally.hear(
        AttemptStarted(attempt=attempt(0, "a/x", state=State.RUNNING), progress=Progress(total=3), worker_id="w")
    )
    tally.hear(finished(attempt(1, "a/x"), Outcome.PASSED, 1, "0.25"))
    tally.hear(finished(attempt(2, "b/y"), Outcome.INFRA_ERROR, 2))
    first, second = tally.counts()
    assert (first.total, first.done, first.passed, first.active, first.cost_usd) == (2, 1, 1, 1, "0.25")
    assert (second.total, second.done, second.failed, second.errors) == (1, 1, 0, 1)
    assert tally.progress.done == 2
    assert summary(first) == "1 passed, 0 failed, 1 active, $0.25"
    assert summary(second) == "0 passed, 0 failed, 1 errors, $0"


def test_a_run_ends_with_its_last_fact(tally: Tally) -> None:
    assert not tally.ended
    tally.hear(RunFinished(run=msgspec.structs.replace(RUN, status=RunStatus.FINISHED)))
    assert tally.ended


def test_lines_are_few_and_the_last_is_told(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for _ in range(100):
        lines.show(tally)
    tally.hear(RunFinished(run=msgspec.structs.replace(RUN, status=RunStatus.FINISHED)))
    lines.show(tally)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[1].startswith("r finished: 0/3 done, a/x 0 passed, 0 failed, $0; b/y")


@pytest.mark.parametrize(
    ("status", "passed", "strict", "code"),
    [
        (RunStatus.FINISHED, 3, True, FINE),
        (RunStatus.FINISHED, 2, True, STRICT),
        (RunStatus.FINISHED, 2, False, FINE),
        (RunStatus.CANCELLED, 3, False, FAILED),
        (RunStatus.CANCELLED, 3, True, FAILED),
    ],
)
def test_exit_codes(status: RunStatus, passed: int, strict: bool, code: int) -> None:
    progress = Progress(total=3, done=3, outcomes={Outcome.PASSED: passed})
    assert exit_code(msgspec.structs.replace(RUN, status=status, progress=progress), strict) == code


def test_texts_of_a_run_are_shown_and_never_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    made = table("reason")
    row(made, "[bold red]not markup[/] \x1b[31m\x1b]8;;http://example.org\x07link\u202e")
    stdout().print(made)
    out = capsys.readouterr().out
    assert "[bold red]not markup[/]" in out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in shown("a\u202eb")
