"""The state of a followed run, and how it is shown."""

from __future__ import annotations

import msgspec
import pytest

from assay.cli.display.alerts import alert_text
from assay.cli.display.output import cell_text
from assay.cli.display.progress import ProgressBars, ProgressLines, counts_text, money_text
from assay.cli.display.run_text import limits_line, note_lines, quote_line
from assay.cli.display.table import Table, print_table
from assay.cli.errors import FAILED, OK, STRICT
from assay.cli.follow import exit_code
from assay.cli.run_state import ModelCounts, RunState
from assay.contracts import facts
from assay.contracts.attempts import State
from assay.contracts.facts import AttemptStarted, RunFinished
from assay.contracts.models import CallFault, StoppedModel
from assay.contracts.rpc import Quote
from assay.contracts.runs import Progress, RunLimits, RunStatus, Wait, WaitReason
from assay.contracts.spending import AccountKind, AccountView
from assay.contracts.verdicts import Outcome
from tests.cli.fakes import NOW, RUN, attempt, finished, new_state


@pytest.fixture
def state() -> RunState:
    return new_state()


def test_attempts_are_counted_by_model(state: RunState) -> None:
    state.apply(
        AttemptStarted(attempt=attempt(0, "a/x", state=State.RUNNING), progress=Progress(total=3), worker_id="w")
    )
    state.apply(finished(attempt(1, "a/x"), Outcome.PASSED, 1, "0.25"))
    state.apply(finished(attempt(2, "b/y"), Outcome.INFRA_ERROR, 2))
    first, second = state.counts()
    assert (first.total, first.done, first.active, first.cost_usd) == (2, 1, 1, "0.25")
    assert dict(first.outcomes) == {Outcome.PASSED: 1}
    assert (second.total, second.done, dict(second.outcomes)) == (1, 1, {Outcome.INFRA_ERROR: 1})
    assert state.progress.done == 2
    assert counts_text(first) == "1 passed, 1 active, $0.25"
    assert counts_text(second) == "0 passed, 1 infra_error, $0"


def test_a_run_ends_with_its_last_fact(state: RunState) -> None:
    assert not state.ended
    state.apply(RunFinished(run=msgspec.structs.replace(RUN, status=RunStatus.FINISHED)))
    assert state.ended


def test_lines_are_few_and_the_last_state_is_printed(state: RunState, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ProgressLines()
    for _ in range(100):
        lines.show(state)
    state.apply(RunFinished(run=msgspec.structs.replace(RUN, status=RunStatus.FINISHED)))
    lines.show(state)
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 2
    assert printed[1].partition(" ")[2].startswith("r finished: 0/3 done, a/x 0 passed, $0; b/y")


WAIT = Wait(reason=WaitReason.BUDGET, detail="$0.9 of $1 is held", since=NOW)
SPENDING = msgspec.structs.replace(
    RUN, waits=WAIT, progress=Progress(total=3, cost_usd="0.25", held_usd="0.5", reused=2), restarts="old", priority=7
)


STOPPED = StoppedModel(model="a/x", fault=CallFault.AUTHENTICATION, reason="no key", remedy="set A_KEY", at=NOW)


def test_limits_are_shown_with_spent_and_held_money() -> None:
    assert limits_line(SPENDING) == "$0.25 spent and $0.5 held of $1; 3 h at most; priority 7"
    free = msgspec.structs.replace(RUN, limits=RunLimits(cost_usd=None, seconds=90, concurrency=2))
    assert limits_line(free) == "$0 spent, no limit; 1 min 30 s at most; 2 attempts at once; priority 5"
    assert note_lines(SPENDING) == [
        "attempts are waiting (budget): $0.9 of $1 is held",
        "restart of run old",
        "2 results reused from earlier runs",
    ]
    outage = Wait(reason=WaitReason.OUTAGE, detail="a/x is rate limited (429)", since=NOW, until=NOW)
    end = f"{NOW.astimezone():%H:%M:%S}"
    assert note_lines(msgspec.structs.replace(RUN, waits=outage)) == [
        f"attempts are waiting (outage): a/x is rate limited (429); until {end}"
    ]
    ended = msgspec.structs.replace(RUN, status=RunStatus.CANCELLED, reason="time is over", deadline_at=NOW)
    assert note_lines(ended) == ["ended early: time is over"]
    assert "until" not in limits_line(ended)
    assert "until" in limits_line(msgspec.structs.replace(RUN, deadline_at=NOW))


def test_a_run_with_a_stopped_model_says_so_and_fails_although_others_were_graded() -> None:
    progress = Progress(total=3, done=3, outcomes={Outcome.PASSED: 1, Outcome.INFRA_ERROR: 2})
    run = msgspec.structs.replace(RUN, status=RunStatus.FINISHED, progress=progress)
    assert exit_code(run, strict=False) == OK
    stopped = msgspec.structs.replace(run, stopped_models=(STOPPED,))
    assert exit_code(stopped, strict=False) == FAILED
    assert note_lines(stopped) == ["a/x is stopped (authentication): its remaining attempts end without being executed"]


def test_money_and_the_wait_reason_are_part_of_the_progress(state: RunState) -> None:
    assert money_text(state) == ""
    state.apply(facts.RunChanged(run=SPENDING))
    assert money_text(state) == "; $0.25 of $1, $0.5 held; waiting: budget"


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (
            facts.RunWarned(run=RUN, account="run", percent=80, spent_usd="0.8", held_usd="0", message="0.8 of 1 USD"),
            "warning: 0.8 of 1 USD",
        ),
        (
            facts.RunWarned(run=RUN, account="day", percent=80, spent_usd="16", held_usd="0"),
            "warning: 80 % of the day limit is spent",
        ),
        (
            facts.RunStalled(run=RUN, seconds=600, reason="no runner is alive"),
            "stalled: no progress for 10 min: no runner is alive",
        ),
        (facts.RunPaused(run=RUN), "paused: no new attempts start until `assay runs resume`"),
        (facts.RunResumed(run=RUN), "resumed"),
        (facts.RunCancelling(run=RUN), "cancelled; running attempts may take a few seconds to end"),
        (facts.RunChanged(run=SPENDING), "attempts are waiting (budget): $0.9 of $1 is held"),
        (
            facts.RunChanged(run=msgspec.structs.replace(RUN, priority=9)),
            "changed: $0 spent of $1; 3 h at most; priority 9",
        ),
        (
            facts.RunChanged(run=msgspec.structs.replace(RUN, stopped_models=(STOPPED,))),
            "a/x is stopped (authentication): its remaining attempts end without being executed\n"
            "  reason: no key\n  what to do: set A_KEY",
        ),
        (
            facts.RunChanged(run=msgspec.structs.replace(RUN, changed_models={"a/x": ("x-05", "x-08")})),
            "warning: a/x changed during the run: x-05 answered first, then x-08",
        ),
        (facts.RunChanged(run=RUN), ""),
        (facts.RunStarted(run=RUN), ""),
    ],
)
def test_alerts_are_printed_on_a_line_of_their_own(
    capsys: pytest.CaptureFixture[str], fact: facts.Fact, expected: str
) -> None:
    assert alert_text(fact, RUN) == expected
    with ProgressBars() as bars:
        for shown_by in (ProgressLines(), bars):
            shown_by.notice(f"{expected} \x1b[31m[bold]")
    err = capsys.readouterr().err
    assert err.count(f"{expected}  [31m[bold]") == 2
    assert "\x1b[31m[bold]" not in err


def test_bars_show_money_and_the_wait_reason_on_a_line_of_their_own(
    state: RunState, capsys: pytest.CaptureFixture[str]
) -> None:
    with ProgressBars() as bars:
        bars.show(state)
        state.apply(facts.RunChanged(run=SPENDING))
        bars.show(state)
    assert "$0.25 of $1, $0.5 held; waiting: budget" in capsys.readouterr().err


def account(kind: AccountKind, left: str | None) -> AccountView:
    return AccountView(account=kind, kind=kind, spent_usd="0", limit_usd=left, left_usd=left)


def test_quotes_are_shown_on_one_line() -> None:
    assert quote_line(Quote(attempts=3, estimated_usd="0", worst_usd="0")) == "quote: 3 attempts, free of charge"
    quote = Quote(
        attempts=9,
        reused=4,
        estimated_usd="0.5",
        worst_usd="2",
        accounts=(account(AccountKind.RUN, "1"), account(AccountKind.DAY, "18.5"), account(AccountKind.PROJECT, None)),
        fits=False,
    )
    assert quote_line(quote) == (
        "quote: 9 attempts (4 already done), about $0.5 (estimate without history), $2 at worst; "
        "left: $1 for the run, $18.5 for the day, no limit for the project; "
        "attempts that do not fit end as `limit`"
    )
    known = msgspec.structs.replace(quote, reused=0, from_history=True, fits=True)
    assert "about $0.5, $2 at worst; left" in quote_line(known)


@pytest.mark.parametrize(
    ("status", "passed", "strict", "code"),
    [
        (RunStatus.FINISHED, 3, True, OK),
        (RunStatus.FINISHED, 2, True, STRICT),
        (RunStatus.FINISHED, 2, False, OK),
        (RunStatus.CANCELLED, 3, False, FAILED),
        (RunStatus.CANCELLED, 3, True, FAILED),
    ],
)
def test_exit_codes(status: RunStatus, passed: int, strict: bool, code: int) -> None:
    counted = Progress(total=3, done=3, outcomes={Outcome.PASSED: passed, Outcome.FAILED: 3 - passed})
    assert exit_code(msgspec.structs.replace(RUN, status=status, progress=counted), strict) == code


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ({Outcome.INFRA_ERROR: 3}, FAILED),
        ({Outcome.INFRA_ERROR: 2, Outcome.LIMIT: 1}, FAILED),
        ({Outcome.INFRA_ERROR: 2, Outcome.FAILED: 1}, OK),
        ({Outcome.TIMEOUT: 3}, OK),
    ],
)
def test_a_run_in_which_nothing_was_graded_is_a_failure(outcomes: dict[Outcome, int], code: int) -> None:
    run = msgspec.structs.replace(RUN, status=RunStatus.FINISHED, progress=Progress(total=3, done=3, outcomes=outcomes))
    assert exit_code(run, strict=False) == code


def test_text_from_runs_is_never_interpreted_as_markup_or_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    made = Table("reason")
    made.add("[bold red]not markup[/] \x1b[31m\x1b]8;;http://example.org\x07link\u202e")
    print_table(made)
    out = capsys.readouterr().out
    assert "[bold red]not markup[/]" in out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in cell_text("a\u202eb")


def test_a_limit_is_not_counted_as_failed() -> None:
    count = ModelCounts(model="a/x", total=3, outcomes={Outcome.LIMIT: 2, Outcome.FAILED: 1})
    assert counts_text(count) == "0 passed, 1 failed, 2 limit, $0"


def test_a_cancelled_run_says_how_many_answers_are_still_to_be_graded() -> None:
    progress = Progress(total=4, executed=1, grading=2, done=1)
    run = msgspec.structs.replace(RUN, status=RunStatus.CANCELLING, reason="the run was cancelled", progress=progress)
    assert note_lines(run) == [
        "ending: the run was cancelled",
        "3 answers still to be graded; --no-grading of `assay runs cancel` skips it",
    ]
