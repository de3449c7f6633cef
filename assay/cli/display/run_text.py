"""Limits, quotes and what holds a run up, in words."""

from __future__ import annotations

from assay.cli.display.output import cell_text, money
from assay.cli.quantities import duration_text
from assay.contracts.facts import (
    Fact,
    RunCancelling,
    RunChanged,
    RunPaused,
    RunResumed,
    RunStalled,
    RunWarned,
)
from assay.contracts.rpc import Quote
from assay.contracts.runs import RunStatus, RunView
from assay.contracts.spending import AccountView

ENDED = (RunStatus.FINISHED, RunStatus.CANCELLED)


def limits_line(run: RunView) -> str:
    """``$0.2 spent and $0.1 held of $1; 3 h at most, until 14:02; priority 5``."""
    progress, limits = run.progress, run.limits
    held = f" and {money(progress.held_usd)} held" if progress.held_usd != "0" else ""
    parts = [f"{money(progress.cost_usd)} spent{held} of {limit_text(limits.cost_usd)}"]
    until = f", until {cell_text(run.deadline_at)}" if run.deadline_at and run.status not in ENDED else ""
    parts.append(f"{duration_text(limits.seconds)} at most{until}")
    if limits.concurrency:
        parts.append(f"{limits.concurrency} attempts at once")
    return "; ".join([*parts, f"priority {run.priority}"])


def note_lines(run: RunView) -> list[str]:
    """Why attempts wait or the run ended early, and what it goes back to; often nothing."""
    lines = [f"attempts wait ({run.waits.reason}): {run.waits.detail}"] if run.waits else []
    lines += [f"ended early: {run.reason}"] if run.reason and run.status in ENDED else []
    lines += [f"is being ended: {run.reason}"] if run.reason and run.status not in ENDED else []
    lines += [f"a restart of run {run.restarts}"] if run.restarts else []
    lines += ["its models are shown the hidden tests: it counts on no leaderboard"] if run.include_tests else []
    lines += [f"what it left was given up at {cell_text(run.expired_at)}"] if run.expired_at else []
    return [*lines, *([f"{run.progress.reused} results taken over"] if run.progress.reused else [])]


def quote_line(quote: Quote) -> str:
    """``quote: 12 attempts, about $0.1, at worst $0.4; left: $1 of the run, $18.2 of the day``."""
    reused = f" ({quote.reused} of them done already)" if quote.reused else ""
    head = f"quote: {quote.attempts} attempts{reused}"
    if quote.worst_usd == "0":
        return f"{head}, at no cost"
    guess = "" if quote.from_history else " (a guess: nothing like it was run before)"
    costs = f"{head}, about {money(quote.estimated_usd)}{guess}, at worst {money(quote.worst_usd)}"
    left = ", ".join(f"{left_text(account)} of the {account.kind}" for account in quote.accounts)
    rest = "" if quote.fits or quote.refusal else "; what does not fit any more will end as `limit`"
    return f"{costs}; left: {left}{rest}"


def left_text(account: AccountView) -> str:
    return "no limit" if account.left_usd is None else money(account.left_usd)


def limit_text(limit_usd: str | None) -> str:
    return "no limit" if limit_usd is None else money(limit_usd)


def alert_text(fact: Fact, before: RunView) -> str:
    """What is worth a line of its own while a run is followed; mostly nothing. ``before`` is the run without it."""
    match fact:
        case RunWarned():
            return f"warning: {fact.message or f'{fact.percent} % of the limit of the {fact.account} are spent'}"
        case RunStalled():
            return f"stalled: nothing has changed for {duration_text(fact.seconds)}: {fact.reason}"
        case RunPaused():
            return "paused: nothing new begins until `assay runs resume`"
        case RunResumed():
            return "resumed"
        case RunCancelling():
            return f"{fact.run.reason or 'cancelled'}; attempts under way may take some seconds to end"
        case RunChanged() if fact.run.waits and fact.run.waits != before.waits:
            return f"attempts wait ({fact.run.waits.reason}): {fact.run.waits.detail}"
        case RunChanged() if (fact.run.limits, fact.run.priority) != (before.limits, before.priority):
            return f"changed: {limits_line(fact.run)}"
        case _:
            return ""
