"""An audit of all sums: each is recalculated from its parts."""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeAlias

ACCOUNTS = "SELECT account, limit_nanousd, bound_nanousd, held_nanousd, posted_nanousd FROM accounts"
TRANSFERS = "SELECT accounts, free_nanousd, held_nanousd, posted_nanousd FROM transfers ORDER BY position"
RECEIPTS = """
SELECT a.run_id, r.project, c.purpose, sum(c.posted_nanousd)::bigint AS posted, sum(c.excess_nanousd)::bigint AS excess
FROM calls c JOIN attempts a USING (attempt_id) JOIN runs r USING (run_id) GROUP BY 1, 2, 3
"""
OUTCOMES = """
SELECT r.run_id, r.n_passed, r.n_failed, r.n_needs_review, r.n_infra_error, r.n_flagged,
  r.n_impossible, r.n_impossible_passed, count(a.score) FILTER (WHERE a.impossible) AS impossible,
  count(*) FILTER (WHERE a.impossible AND a.outcome = 'passed') AS impossible_passed,
  count(*) FILTER (WHERE a.outcome = 'passed' AND a.flag_count > 0) AS flagged,
  count(*) FILTER (WHERE a.outcome = 'passed') AS passed, count(*) FILTER (WHERE a.outcome = 'failed') AS failed,
  count(*) FILTER (WHERE a.outcome = 'needs_review') AS needs_review,
  count(*) FILTER (WHERE a.outcome = 'infra_error') AS infra_error
FROM runs r JOIN attempts a USING (run_id) GROUP BY r.run_id
"""
CELLS = """
SELECT sum(n)::int, sum(passed)::int, sum(errors)::int, sum(flagged)::int, sum(impossible_attempts)::int,
  sum(impossible_passed)::int, sum(score_sum) FROM cells
"""
SCORED = """
SELECT count(a.score) FILTER (WHERE NOT impossible)::int,
  count(*) FILTER (WHERE a.score IS NOT NULL AND a.outcome = 'passed' AND NOT impossible)::int,
  count(*) FILTER (WHERE a.outcome = 'infra_error')::int,
  count(*) FILTER (WHERE a.outcome = 'passed' AND a.flag_count > 0 AND NOT impossible)::int,
  count(a.score) FILTER (WHERE impossible)::int, count(*) FILTER (WHERE impossible AND a.outcome = 'passed')::int,
  sum(a.score) FILTER (WHERE NOT impossible)
FROM attempts a JOIN runs r USING (run_id)
WHERE a.reused_from = '' AND NOT r.include_tests AND r.regrades = '' AND a.state = 'done'
"""
OPEN_HOLDS = """
SELECT accounts, amount_nanousd FROM holds WHERE state = 'held'
UNION ALL SELECT ARRAY[account], amount_nanousd FROM judge_holds WHERE state = 'held'
UNION ALL SELECT ARRAY[account], amount_nanousd FROM calibrations WHERE state = 'held'
"""
CALIBRATIONS = "SELECT account, posted_nanousd FROM calibrations"
ATTEMPTS = """
SELECT run_id, sum(cost_nanousd)::bigint AS cost, sum(held_nanousd)::bigint AS held FROM attempts GROUP BY 1
"""
RUNS = "SELECT run_id, cost_nanousd AS cost, held_nanousd AS held FROM runs"
TWICE = {
    "inbox": "SELECT message_id FROM inbox GROUP BY 1 HAVING count(*) > 1",
    "verdicts": "SELECT attempt_id FROM verdicts WHERE source = 'judge' GROUP BY 1 HAVING count(*) > 1",
    "transfers": "SELECT key FROM transfers GROUP BY 1 HAVING count(*) > 1",
    "settled": "SELECT 1 FROM transfers WHERE kind IN ('post', 'void') GROUP BY attempt_id, token HAVING count(*) > 1",
}


Connection: TypeAlias = Any
"""asyncpg's connection, from a pool or not."""


async def audit(connection: Connection) -> None:
    """Invariants I2 and I3: receipts, attempts and runs agree with the balances to the nano-dollar. Raises
    AssertionError, naming the sum that does not agree."""
    balances = {row["account"]: row for row in await connection.fetch(ACCOUNTS)}
    for name, row in balances.items():
        total = row["held_nanousd"] + row["posted_nanousd"]
        assert row["bound_nanousd"] is None or total <= row["bound_nanousd"], f"{name} is over its limit: {dict(row)}"
    held, posted = await _replay(connection)
    assert held == {name: row["held_nanousd"] for name, row in balances.items() if row["held_nanousd"]}
    assert posted == {name: row["posted_nanousd"] for name, row in balances.items() if row["posted_nanousd"]}
    assert await _receipts(connection) == posted
    assert await _open_holds(connection) == held
    attempts = {row["run_id"]: (row["cost"], row["held"]) for row in await connection.fetch(ATTEMPTS)}
    assert {row["run_id"]: (row["cost"], row["held"]) for row in await connection.fetch(RUNS)} == attempts
    for row in await connection.fetch(OUTCOMES):
        for outcome in (
            "passed",
            "failed",
            "needs_review",
            "infra_error",
            "flagged",
            "impossible",
            "impossible_passed",
        ):
            assert row[f"n_{outcome}"] == row[outcome], f"run {row['run_id']}: {dict(row)}"
    counted, scored = tuple(await connection.fetchrow(CELLS)), tuple(await connection.fetchrow(SCORED))
    assert counted[:6] == scored[:6] or counted[0] is None, f"the leaderboard counts {counted}, attempts say {scored}"
    assert abs((counted[6] or 0) - (scored[6] or 0)) < 1e-6
    for what, query in TWICE.items():
        assert not await connection.fetch(query), f"{what}: took effect twice"


async def _replay(connection: Connection) -> tuple[Counter[str], Counter[str]]:
    held, posted = Counter[str](), Counter[str]()
    for row in await connection.fetch(TRANSFERS):
        assert row["free_nanousd"] + row["held_nanousd"] + row["posted_nanousd"] == 0
        for account in row["accounts"]:
            held[account] += row["held_nanousd"]
            posted[account] += row["posted_nanousd"]
    return _without_zeros(held), _without_zeros(posted)


async def _receipts(connection: Connection) -> Counter[str]:
    """Sums of the receipts by account. Receipts do not record the day, so days are only checked against the project."""
    sums = Counter[str]()
    for row in await connection.fetch(RECEIPTS):
        if row["purpose"] == "judge":
            sums[f"judge:{row['project']}"] += row["posted"]
            continue
        sums[f"run:{row['run_id']}"] += row["posted"]
        sums[f"project:{row['project']}"] += row["posted"]
        sums[f"excess:{row['project']}"] += row["excess"]
    for row in await connection.fetch(CALIBRATIONS):
        sums[row["account"]] += row["posted_nanousd"]
    for row in await connection.fetch("SELECT account, posted_nanousd FROM accounts WHERE account LIKE 'day:%'"):
        sums[row["account"]] += row["posted_nanousd"]
    for row in await connection.fetch(
        "SELECT split_part(account, ':', 2) AS project, sum(posted_nanousd)::bigint AS posted FROM accounts "
        "WHERE account LIKE 'day:%' GROUP BY 1"
    ):
        assert row["posted"] == sums[f"project:{row['project']}"], "the days do not sum up to the project"
    return _without_zeros(sums)


async def _open_holds(connection: Connection) -> Counter[str]:
    sums = Counter[str]()
    for row in await connection.fetch(OPEN_HOLDS):
        for account in row["accounts"]:
            sums[account] += row["amount_nanousd"]
    return _without_zeros(sums)


def _without_zeros(sums: Counter[str]) -> Counter[str]:
    return Counter({name: amount for name, amount in sums.items() if amount})
