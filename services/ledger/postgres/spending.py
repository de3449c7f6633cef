"""Booking model calls: once each, whatever becomes of the try that made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.ids import run_of
from assay.contracts.models import Call, Usage
from services.ledger.postgres.database import Connection
from services.ledger.postgres.plans import Plans
from services.ledger.postgres.rows import to_jsonb

_BOOK = """
INSERT INTO calls (call_id, attempt_id, token, cost_nanousd, body)
SELECT call_id, attempt_id, token, cost, body::jsonb
FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::text[]) AS c(call_id, attempt_id, token, cost, body)
ON CONFLICT (call_id) DO NOTHING RETURNING call_id
"""

_CHARGE_ATTEMPTS = """
UPDATE attempts a SET cost_nanousd = a.cost_nanousd + u.cost, input_tokens = a.input_tokens + u.input,
  cached_tokens = a.cached_tokens + u.cached, output_tokens = a.output_tokens + u.output,
  reasoning_tokens = a.reasoning_tokens + u.reasoning
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
  AS u(attempt_id, cost, input, cached, output, reasoning)
WHERE a.attempt_id = u.attempt_id
"""

_POST = """
INSERT INTO accounts (account, posted_nanousd)
SELECT CASE WHEN of_day THEN account || ':' || (now() AT TIME ZONE 'UTC')::date ELSE account END, amount
FROM unnest($1::text[], $2::bool[], $3::bigint[]) AS p(account, of_day, amount) ORDER BY account
ON CONFLICT (account) DO UPDATE SET posted_nanousd = accounts.posted_nanousd + excluded.posted_nanousd
"""

Spend = tuple[str, int, Usage]


async def book_calls(connection: Connection, plans: Plans, reports: Sequence[AttemptExecuted]) -> list[Spend]:
    """Store the calls not yet booked and charge their attempts and accounts; returns ``(run_id, nano-USD, usage)``."""
    calls = [(report, call) for report in reports for call in report.calls]
    if not calls:
        return []
    columns = zip(*(_call_row(report, call) for report, call in calls), strict=True)
    booked = {row["call_id"] for row in await connection.fetch(_BOOK, *(list(column) for column in columns))}
    fresh = [(report.attempt_id, call) for report, call in calls if call.call_id in booked]
    await _charge_attempts(connection, fresh)
    await _post(connection, plans, fresh)
    return [(run_of(attempt_id), call.cost_nanousd, call.usage) for attempt_id, call in fresh]


def _call_row(report: AttemptExecuted, call: Call) -> tuple[Any, ...]:
    return call.call_id, report.attempt_id, report.token, call.cost_nanousd, to_jsonb(call)


async def _charge_attempts(connection: Connection, calls: Sequence[tuple[str, Call]]) -> None:
    sums: dict[str, tuple[int, Usage]] = {}
    for attempt_id, call in calls:
        cost, usage = sums.get(attempt_id, (0, Usage()))
        sums[attempt_id] = (cost + call.cost_nanousd, usage + call.usage)
    usages = [usage for _, usage in sums.values()]
    await connection.execute(
        _CHARGE_ATTEMPTS,
        list(sums),
        [cost for cost, _ in sums.values()],
        [usage.input_tokens for usage in usages],
        [usage.cached_tokens for usage in usages],
        [usage.output_tokens for usage in usages],
        [usage.reasoning_tokens for usage in usages],
    )


async def _post(connection: Connection, plans: Plans, calls: Sequence[tuple[str, Call]]) -> None:
    amounts: Counter[tuple[str, bool]] = Counter()
    for attempt_id, call in calls:
        if call.cost_nanousd:
            run_id = run_of(attempt_id)
            project = (await plans.of(connection, run_id)).project
            for account, of_day in ((f"run:{run_id}", False), (f"project:{project}", False), (f"day:{project}", True)):
                amounts[account, of_day] += call.cost_nanousd
    if amounts:
        accounts = sorted(amounts)
        names, of_days = [name for name, _ in accounts], [of_day for _, of_day in accounts]
        await connection.execute(_POST, names, of_days, [amounts[account] for account in accounts])
