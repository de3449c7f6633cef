"""The invariants, read from Postgres, the API, the provider's journal and live clients."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg
import httpx2
import msgspec

from tests.faults.processes.dashboards import Dashboards
from tests.faults.processes.provider import Charge
from tests.faults.processes.sample_catalog import MODEL, SAMPLES, cost_nanousd

if TYPE_CHECKING:
    from tests.faults.processes.load import Answers

SHOWN_SECONDS = 2.0
"""Every live client is up to date this long after everything has ended."""


class Stack(Protocol):
    """Assay, wherever it runs. ``journal`` is the provider's."""

    url: str
    token: str

    @property
    def database_url(self) -> str: ...

    @property
    def journal(self) -> Path: ...

    def logs(self) -> str: ...


class LedgerInvariants:
    """Of the runs whose key begins with ``prefix``, and of all accounts."""

    def __init__(self, stack: Stack, prefix: str) -> None:
        self.stack, self.prefix = stack, prefix
        self.dashboards: Dashboards | None = None
        self.healed_seconds = 0.0

    def rows(self, statement: str, *arguments: Any) -> Sequence[Any]:
        async def fetch() -> Sequence[Any]:
            connection = await asyncpg.connect(self.stack.database_url, timeout=5)
            try:
                return await connection.fetch(statement, *arguments)
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def value(self, statement: str, *arguments: Any) -> Any:
        return self.rows(statement, *arguments)[0][0]

    def wait_until_all_ended(self, timeout_seconds: float) -> None:
        """I4: every run is terminal, every hold posted or voided, and every fact published."""
        open_ = (
            "SELECT (SELECT count(*) FROM runs WHERE finished_at IS NULL) + "
            "(SELECT count(*) FROM holds WHERE state = 'held') + (SELECT count(*) FROM pending_facts) + "
            "(SELECT count(*) FROM pending_orders)"
        )
        deadline = time.monotonic() + timeout_seconds
        while left := self.value(open_):
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{left} runs, holds, facts or orders are open\n{self._open()}\n{self.stack.logs()}"
                )
            time.sleep(0.2)

    def _open(self) -> str:
        states = self.rows(
            "SELECT state, outcome, count(*) FROM attempts JOIN runs USING (run_id) "
            "WHERE finished_at IS NULL GROUP BY 1, 2"
        )
        held = self.rows("SELECT attempt_id, token, state FROM holds WHERE state = 'held' LIMIT 5")
        return f"attempts: {[tuple(row) for row in states]}, holds: {[tuple(row) for row in held]}"

    def check(self, answers: Answers) -> None:
        self._check_answers(answers)
        self._check_uniqueness()
        self.check_money()
        self._check_leaderboard()
        self._check_verdicts()
        self._check_live_clients()

    def check_money(self) -> None:
        self._check_transfers()
        self._check_calls()
        self._check_provider()

    def _check_answers(self, answers: Answers) -> None:
        """I1: every run answered with 201 exists, and no request had an answer that must not be given."""
        stored = {
            row["idempotency_key"]: row["run_id"] for row in self.rows("SELECT idempotency_key, run_id FROM runs")
        }
        assert {key: stored.get(key) for key in answers.runs} == answers.runs
        assert answers.failed == []
        own = [key for key in stored if key.startswith(f"{self.prefix}-")]
        assert len(own) == len(answers.runs), "one run per key"
        ended = self.rows("SELECT status, count(*) FROM runs GROUP BY status")
        assert {row["status"] for row in ended} <= {"finished", "cancelled"}

    def _check_uniqueness(self) -> None:
        """I2: one posting per key, one verdict, one end and one sequence of facts for each attempt and run."""
        for table, key in (("transfers", "key"), ("calls", "call_id"), ("verdicts", "attempt_id")):
            assert not self.rows(f"SELECT {key} FROM {table} GROUP BY 1 HAVING count(*) > 1")
        ends = "SELECT body::jsonb ->> 'subject' FROM facts WHERE body::jsonb ->> 'type' = 'attempt.finished'"
        twice = self.rows(f"SELECT attempt_id, count(*) FROM ({ends}) AS e(attempt_id) GROUP BY 1 HAVING count(*) > 1")
        assert not twice, [dict(row) for row in twice]
        gaps = "SELECT run_id FROM facts GROUP BY run_id HAVING max(sequence) <> count(*) OR min(sequence) <> 1"
        assert not self.rows(gaps)

    def _check_transfers(self) -> None:
        """I3: each transfer sums to zero, no account ever exceeded its limit, and a replay gives the balances."""
        limits = {
            row["account"]: row["limit_nanousd"] for row in self.rows("SELECT account, limit_nanousd FROM accounts")
        }
        balances: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for row in self.rows("SELECT * FROM transfers ORDER BY position"):
            assert row["free_nanousd"] + row["held_nanousd"] + row["posted_nanousd"] == 0
            for account in row["accounts"]:
                balances[account][0] += row["held_nanousd"]
                balances[account][1] += row["posted_nanousd"]
                limit = limits[account]
                assert limit is None or sum(balances[account]) <= limit, (
                    f"{account} exceeded its limit at {row['position']}"
                )
        stored = self.rows("SELECT account, held_nanousd, posted_nanousd FROM accounts")
        assert {row["account"]: [row["held_nanousd"], row["posted_nanousd"]] for row in stored} == {
            row["account"]: balances[row["account"]] for row in stored
        }
        assert all(held == 0 for held, _ in balances.values())

    def _check_calls(self) -> None:
        """The calls sum to the balances, to the nano-dollar, and so do the costs of attempts and runs."""
        posted, excess = self.rows(
            "SELECT coalesce(sum(posted_nanousd), 0), coalesce(sum(excess_nanousd), 0) FROM calls"
        )[0]
        accounts: Counter[str] = Counter()
        for row in self.rows("SELECT account, posted_nanousd FROM accounts"):
            accounts[row["account"].partition(":")[0]] += row["posted_nanousd"]
        assert (accounts["run"], accounts["day"], accounts["project"]) == (posted, posted, posted)
        assert accounts["excess"] == excess
        charged = self.value("SELECT coalesce(sum(cost_nanousd), 0) FROM attempts")
        counted = self.value("SELECT coalesce(sum(cost_nanousd), 0) FROM runs")
        assert (charged, counted) == (posted + excess, posted + excess)

    def _check_provider(self) -> None:
        """The calls cover every charge of the provider; if none is estimated, they equal the charges."""
        charges = [msgspec.json.decode(line, type=Charge) for line in self.stack.journal.read_bytes().splitlines()]
        billed = sum(cost_nanousd(charge.input_tokens, charge.output_tokens) for charge in charges)
        own = "FROM calls JOIN attempts USING (attempt_id) WHERE model = $1"
        posted = self.value(f"SELECT coalesce(sum(calls.posted_nanousd + excess_nanousd), 0) {own}", MODEL)
        estimated = self.value(f"SELECT count(*) {own} AND (body ->> 'estimated')::bool", MODEL)
        assert posted >= billed
        assert estimated or posted == billed

    def _check_leaderboard(self) -> None:
        """I2: each attempt counts once."""
        counted = self.value("SELECT coalesce(sum(n + errors), 0) FROM cells")
        done = self.value("SELECT count(*) FROM attempts WHERE outcome <> 'cancelled' AND reused_from = ''")
        assert counted == done

    def _check_verdicts(self) -> None:
        """I5: only judges give verdicts, and an infrastructure failure is never a model's: all answers are right."""
        outcomes = Counter(row[0] for row in self.rows("SELECT outcome FROM attempts WHERE model = $1", MODEL))
        assert set(outcomes) <= {"passed", "infra_error", "cancelled"}, outcomes
        judges = {row["judge_id"].partition("-")[0] for row in self.rows("SELECT DISTINCT judge_id FROM verdicts")}
        assert judges <= {"judge"}
        given = "SELECT count(*) FROM verdicts JOIN attempts USING (attempt_id) WHERE model = $1"
        assert self.value(given, MODEL) == outcomes["passed"]

    def _check_live_clients(self) -> None:
        """I7: live clients show the API's state."""
        if self.dashboards is None:
            return
        deadline = time.monotonic() + SHOWN_SECONDS
        while wrong := self._differences(self.dashboards):
            assert time.monotonic() < deadline, f"live clients differ from the API: {wrong}"
            time.sleep(0.1)

    def _differences(self, dashboards: Dashboards) -> dict[str, Any]:
        wrong: dict[str, Any] = {}
        for run_id, shown in dashboards.shown.items():
            run = self._get(f"/runs/{run_id}")
            page = self._get(f"/runs/{run_id}/attempts?limit=500")
            attempts = {a["attempt_id"]: (a["state"], a.get("outcome")) for a in page["items"]}
            seen = (shown.status, shown.sequence, shown.progress, shown.attempts, shown.gaps)
            if seen != (run["status"], run["sequence"], run["progress"], attempts, 0):
                wrong[run_id] = seen
        return wrong

    def _get(self, path: str) -> Any:
        headers = {"authorization": f"Bearer {self.stack.token}"} if self.stack.token else {}
        return httpx2.get(f"{self.stack.url}/api/v1{path}", headers=headers).raise_for_status().json()

    # --- measurements

    @property
    def retried_tries(self) -> int:
        """Tries after the first."""
        extra = "SELECT coalesce(sum(greatest(tries - 1, 0)), 0) FROM attempts JOIN runs USING (run_id)"
        return int(self.value(f"{extra} WHERE idempotency_key LIKE $1", f"{self.prefix}-%"))

    def attempts_per_second(self) -> float:
        """From the first submission to the end of the last run."""
        span = "SELECT sum(total) / extract(epoch FROM max(finished_at) - min(created_at))::float8 FROM runs"
        return float(self.value(f"{span} WHERE idempotency_key LIKE $1", f"{self.prefix}-%"))

    def outcomes(self) -> Counter[str]:
        own = f"{self.prefix}-%"
        found = self.rows(
            "SELECT outcome, count(*) AS n FROM attempts JOIN runs USING (run_id) "
            "WHERE idempotency_key LIKE $1 GROUP BY 1",
            own,
        )
        return Counter({row["outcome"]: row["n"] for row in found})

    def assert_all_passed(self, runs: int) -> None:
        assert self.outcomes() == {"passed": runs * SAMPLES}
