"""Load L: many small runs, submitted by clients that retry with the same key and record each answer."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2

from tests.faults.processes.dashboards import Dashboards
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.sample_catalog import MODEL, SAMPLES
from tests.faults.processes.stack import FaultStack

RUNS = int(os.environ.get("ASSAY_FAULTS_RUNS", "200"))
DASHBOARDS = 20
HEAL_SECONDS = 120.0
_CLIENTS = 4
_RETRY_SECONDS = 0.5


@dataclass
class Answers:
    """The run that was answered for each key. ``failed``: answers that must never be given."""

    runs: dict[str, str] = field(default_factory=dict[str, str])
    refused: int = 0
    failed: list[str] = field(default_factory=list[str])


class Load:
    """``runs`` runs, whose idempotency keys begin with ``name``."""

    def __init__(self, stack: FaultStack, name: str, runs: int) -> None:
        self.stack, self.name, self.count = stack, name, runs
        self.answers = Answers()
        self._stop = threading.Event()
        self._http = httpx2.Client(base_url=f"{stack.url}/api/v1", timeout=30)

    def submit_all(self) -> None:
        with ThreadPoolExecutor(_CLIENTS) as clients:
            list(clients.map(self._submit, range(self.count)))

    def _submit(self, number: int) -> None:
        key = f"{self.name}-{number}"
        body = {"tasks": ["echo"], "models": [MODEL], "samples": SAMPLES, "name": key}
        while not self._stop.is_set():
            try:
                answer = self._http.post("/runs", json=body, headers={"Idempotency-Key": key})
            except httpx2.TransportError:
                time.sleep(_RETRY_SECONDS)
                continue
            if answer.status_code == 201:
                self.answers.runs[key] = answer.json()["run_id"]
                return
            self.answers.refused += 1
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                self.answers.failed.append(f"{answer.status_code}: {answer.text[:300]}")
            time.sleep(_RETRY_SECONDS)

    def stop(self) -> None:
        self._stop.set()

    @property
    def submitted(self) -> int:
        return len(self.answers.runs)


@contextmanager
def under_load(stack: FaultStack, name: str, runs: int = RUNS) -> Generator[tuple[Load, LedgerInvariants]]:
    """Submit runs and watch them inside the block, which injects a fault and heals it. At its end everything must end
    within 120 s, and all invariants must hold."""
    load = Load(stack, name, runs)
    ledger = LedgerInvariants(stack, load.name)
    submitting = threading.Thread(target=load.submit_all, daemon=True)
    submitting.start()
    stack.wait_until(lambda: load.submitted >= min(DASHBOARDS, runs), 60, "runs are accepted")
    watched = list(load.answers.runs.values())[:DASHBOARDS]
    with Dashboards(stack.url, watched) as dashboards:
        ledger.dashboards = dashboards
        try:
            yield load, ledger
            healed = time.monotonic()
            submitting.join(HEAL_SECONDS)
            assert not submitting.is_alive(), f"{load.submitted} of {runs} runs were accepted\n{stack.logs()}"
            ledger.wait_until_all_ended(HEAL_SECONDS - (time.monotonic() - healed))
            ledger.healed_seconds = time.monotonic() - healed
            ledger.check(load.answers)
        finally:
            load.stop()
