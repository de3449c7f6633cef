"""What the lines of a followed run say about its progress and its failures."""

from __future__ import annotations

import msgspec
import pytest

from assay.cli.display.alerts import FailureNotices
from assay.cli.display.causes import cause_lines
from assay.cli.display.eta import Eta
from assay.cli.display.progress import NoProgress, ProgressLines, counts_text
from assay.cli.follow import Follower
from assay.cli.run_state import RunState
from assay.contracts import facts
from assay.contracts.attempts import State
from assay.contracts.causes import Cause, Causes
from assay.contracts.codec import encode
from assay.contracts.live import RunSnapshot, Snapshot
from assay.contracts.runs import Progress
from assay.contracts.verdicts import Outcome
from tests.cli.fakes import RUN, attempt, finished, new_state


class _Notices(NoProgress):
    """Collects what is printed."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def notice(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def state() -> RunState:
    return new_state()


def test_no_line_repeats_the_one_before_it(state: RunState, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ProgressLines(interval_seconds=0.0)
    for _ in range(3):
        lines.show(state)
    state.apply(finished(attempt(1, "a/x"), Outcome.PASSED, 1))
    for _ in range(3):
        lines.show(state)
    printed = [line.partition(" ")[2] for line in capsys.readouterr().err.splitlines()]
    assert [line.split(",")[0] for line in printed] == ["r running: 0/3 done", "r running: 1/3 done"]


def test_the_remaining_time_follows_from_what_finished_meanwhile() -> None:
    seconds = 100.0
    eta = Eta(lambda: seconds)
    assert eta.text(Progress(total=90, done=10)) == ""
    seconds += 20
    assert eta.text(Progress(total=90, done=12)) == "", "too few"
    assert eta.text(Progress(total=90, done=20)) == "about 2 min left"
    seconds += 20
    assert eta.text(Progress(total=90, done=80)) == "about 6 s left"
    assert eta.text(Progress(total=90, done=90)) == ""


def test_each_reason_of_a_failure_is_printed_once() -> None:
    notices = FailureNotices()
    failed = [finished(attempt(n, "a/x", reason=f"answered 500 after {n} s"), Outcome.INFRA_ERROR, n) for n in (1, 2)]
    assert [notices.of_fact(fact) for fact in failed] == ["r-1 (a/x) ended as infra_error: answered 500 after 1 s", ""]
    again = facts.AttemptRequeued(
        attempt=attempt(3, "a/x"), progress=Progress(total=3), cause="no sandbox", back_to=State.QUEUED
    )
    assert notices.of_fact(again) == "r-3 (a/x) is tried again: no sandbox"
    assert notices.of_fact(finished(attempt(4, "a/x", reason="wrong"), Outcome.FAILED, 3)) == ""


def test_failures_before_the_first_snapshot_are_reported_too() -> None:
    failed = [finished(attempt(n, "a/x", reason="no key"), Outcome.INFRA_ERROR, 2).attempt for n in (1, 2)]
    snapshot = RunSnapshot(run=RUN, attempts=(*failed, attempt(3, "a/x")))
    shown = _Notices()
    follower = Follower(shown)
    follower.apply(Snapshot(topic="run:r", cursor=1, data=msgspec.Raw(encode(snapshot))))
    assert shown.texts == ["r-1 (a/x) ended as infra_error: no key"]


def test_causes_are_printed_in_full_with_what_to_do() -> None:
    reason, remedy = "no key: " + "x" * 500 + " set THE_KEY", "set it " + "y" * 500
    cause = Cause(
        outcome=Outcome.INFRA_ERROR,
        kind="configuration",
        reason=reason,
        remedy=remedy,
        attempts=3,
        models=tuple(f"m/{n}" for n in range(7)),
        task_ids=("t",),
        first_attempt_id="r-1",
    )
    assert cause_lines(Causes(items=(cause, cause, cause), more=2), most=1) == [
        "why attempts ended ungraded:",
        f"  3 attempts, infra_error (configuration): {reason}",
        "    of m/0, m/1, m/2, m/3, m/4 and 2 more; for example r-1",
        f"    what to do: {remedy}",
        "  8 more attempts for other reasons",
    ]


def test_attempts_that_reached_a_limit_are_not_counted_as_failed(state: RunState) -> None:
    state.apply(finished(attempt(0, "a/x"), Outcome.LIMIT, 1))
    state.apply(finished(attempt(1, "a/x"), Outcome.FAILED, 2))
    assert counts_text(state.counts()[0]) == "0 passed, 1 failed, 1 limit, $0"
