"""A run's limits, notes and quote as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from assay.cli.display.output import cell_text, money
from assay.cli.quantities import count_text, duration_text
from assay.cli.run_state import ENDED
from assay.contracts.models import StoppedModel
from assay.contracts.rpc import Quote
from assay.contracts.runs import Progress, RunStatus, RunView, Wait
from assay.contracts.spending import AccountView


def limits_line(run: RunView) -> str:
    """``$0.2 spent and $0.1 held of $1; 3 h at most, until 14:02; priority 5``."""
    progress, limits = run.progress, run.limits
    held = f" and {money(progress.held_usd)} held" if progress.held_usd != "0" else ""
    if run.imported:
        return f"{money(progress.cost_usd)} according to {run.imported}"
    parts = [f"{money(progress.cost_usd)} spent{held}{of_limit(limits.cost_usd)}"]
    until = f", until {cell_text(run.deadline_at)}" if run.deadline_at and run.status not in ENDED else ""
    parts.append(f"{duration_text(limits.seconds)} at most{until}")
    if limits.concurrency:
        parts.append(f"{count_text(limits.concurrency, 'attempt')} at once")
    return "; ".join([*parts, f"priority {run.priority}"])


def note_lines(run: RunView) -> list[str]:
    """Why attempts are waiting or the run ended early, and what sets it apart from other runs; often nothing."""
    lines = [wait_text(run.waits)] if run.waits else []
    lines += [f"ended early: {run.reason}"] if run.reason and run.status in ENDED else []
    lines += [f"ending: {run.reason}"] if run.reason and run.status not in ENDED else []
    lines += [stopped_line(model) for model in run.stopped_models]
    lines += [changed_line(model, names) for model, names in run.changed_models.items()]
    ungraded = run.progress.executed + run.progress.grading
    if ungraded and run.status is RunStatus.CANCELLING:
        lines.append(
            f"{count_text(ungraded, 'answer')} still to be graded; --no-grading of `assay runs cancel` skips it"
        )
    lines += [f"restart of run {run.restarts}"] if run.restarts else []
    lines += [f"grades the outputs of run {run.regrades} again"] if run.regrades else []
    if run.imported:
        lines.append(f"imported: {run.imported} executed and graded it; on the leaderboard of {run.suite} only")
    lines += ["models see the hidden tests; results do not count on the leaderboard"] if run.include_tests else []
    lines += [f"artifacts deleted at {cell_text(run.expired_at)}"] if run.expired_at else []
    lines += audit_lines(run.progress)
    reused = run.progress.reused
    return [*lines, *([f"{count_text(reused, 'result')} reused from earlier runs"] if reused else [])]


def audit_lines(progress: Progress) -> list[str]:
    lines: list[str] = []
    if progress.impossible:
        passed, attempts = progress.impossible_passed, count_text(progress.impossible, "attempt")
        lines.append(f"{passed} of {attempts} at impossible tasks passed; they count for no score")
    if progress.flagged:
        passed = count_text(progress.flagged, "passed attempt")
        lines.append(f"audit flags on {passed}; `assay attempts list --flagged` lists them")
    return lines


def stopped_line(stopped: StoppedModel) -> str:
    """``openai/o1 is stopped (authentication): its remaining attempts end without being executed``."""
    return f"{stopped.model} is stopped ({stopped.fault}): its remaining attempts end without being executed"


def changed_line(model: str, names: Sequence[str]) -> str:
    """``openai/gpt-4o changed during the run: gpt-4o-2024-05-13 answered first, then gpt-4o-2024-08-06``."""
    return f"{model} changed during the run: {names[0]} answered first, then {', then '.join(names[1:])}"


def wait_text(waits: Wait) -> str:
    """``attempts are waiting (outage): mock/m is rate limited (429); until 14:02:07``."""
    until = f"; until {waits.until.astimezone():%H:%M:%S}" if waits.until else ""
    return f"attempts are waiting ({waits.reason}): {waits.detail}{until}"


def quote_line(quote: Quote) -> str:
    """``quote: 12 attempts, about $0.1, $0.4 at worst; left: $1 for the run, $18.2 for the day``."""
    reused = f" ({quote.reused} already done)" if quote.reused else ""
    head = f"quote: {count_text(quote.attempts, 'attempt')}{reused}"
    judging = ""
    if quote.worst_judging_usd != "0":
        judging = f"; judges about {money(quote.judging_usd)}, {money(quote.worst_judging_usd)} at worst, booked apart"
    if quote.worst_usd == "0":
        return f"{head}, free of charge{judging}"
    basis = "" if quote.from_history else " (estimate without history)"
    costs = f"{head}, about {money(quote.estimated_usd)}{basis}, {money(quote.worst_usd)} at worst"
    left = ", ".join(f"{left_text(account)} for the {account.kind}" for account in quote.accounts)
    rest = "" if quote.fits or quote.refusal else "; attempts that do not fit end as `limit`"
    return f"{costs}{judging}; left: {left}{rest}"


def problem_lines(quote: Quote) -> list[str]:
    """Models that cannot be called, each with what to do."""
    return [
        line
        for problem in quote.problems
        for line in (
            f"{problem.model} cannot be called ({problem.fault}): {problem.reason}",
            *([f"  what to do: {problem.remedy}"] if problem.remedy else []),
        )
    ]


def left_text(account: AccountView) -> str:
    return limit_text(account.left_usd)


def of_limit(limit_usd: str | None) -> str:
    return ", no limit" if limit_usd is None else f" of {money(limit_usd)}"


def limit_text(limit_usd: str | None) -> str:
    return "no limit" if limit_usd is None else money(limit_usd)
