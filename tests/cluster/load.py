"""A run of 300 attempts while something is broken, and what must hold after it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2

from tests.cluster.installation import Installation
from tests.faults.processes.dashboards import Dashboards
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.load import Answers
from tests.faults.processes.sample_catalog import MODEL, SAMPLES

ATTEMPTS = 300
END_SECONDS = 600.0


@dataclass
class RunUnderLoad:
    """``key`` is the run's idempotency key; ``ended_seconds`` is when it ended, after its submission."""

    assay: Installation
    key: str
    run_id: str = ""
    began: float = field(default_factory=time.monotonic)
    ended_seconds: float = 0.0

    def submit(self) -> None:
        """As a client does that repeats its request until it is answered."""
        body = {"tasks": ["echo"], "models": [MODEL], "repeats": ATTEMPTS // SAMPLES, "limits": {"cost_usd": "5"}}

        def accepted() -> bool:
            with self.assay.http() as http:
                answer = http.post("/runs", json=body, headers={"Idempotency-Key": self.key})
            assert answer.status_code in (201, 503), answer.text
            self.run_id = answer.json().get("run_id", "")
            return bool(self.run_id)

        self.assay.wait_until(accepted, 120, "the run is accepted")

    def done(self) -> int:
        with self.assay.http() as http:
            return http.get(f"/runs/{self.run_id}").raise_for_status().json()["progress"]["done"]

    def seconds(self) -> float:
        return time.monotonic() - self.began


@contextmanager
def under_load(assay: Installation, name: str) -> Generator[RunUnderLoad]:
    """The block begins when a tenth of the attempts is done. At its end the run must end, with all attempts passed,
    every one paid once, and a live client that saw no gap."""
    run = RunUnderLoad(assay, f"{name}-1")
    run.submit()
    ledger = LedgerInvariants(assay, name)
    with Dashboards(assay.url, [run.run_id], token=assay.token) as dashboards:
        ledger.dashboards = dashboards
        assay.wait_until(lambda: run.done() >= ATTEMPTS // 10, 300, "a tenth of the attempts is done")
        yield run
        assay.wait_until(lambda: run.done() == ATTEMPTS, END_SECONDS, "the run ends")
        run.ended_seconds = run.seconds()
        assay.wait_until(lambda: _answers(ledger), 60, "the database answers")
        ledger.wait_until_all_ended(60)
        ledger.check(Answers(runs={run.key: run.run_id}))
        assert ledger.outcomes() == {"passed": ATTEMPTS}


def _answers(ledger: LedgerInvariants) -> bool:
    try:
        return ledger.value("SELECT 1") == 1
    except (OSError, TimeoutError, httpx2.TransportError):
        return False
