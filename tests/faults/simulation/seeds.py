"""Many seeds over all cores, and one seed told step by step."""

from __future__ import annotations

import gc
import multiprocessing
import os
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import structlog

from tests.faults.simulation.invariants import broken
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.simulation import simulate

CHUNK = 8


@dataclass(frozen=True, kw_only=True)
class Result:
    """``found`` is what was not as it must be."""

    seed: int
    found: tuple[str, ...]

    def __str__(self) -> str:
        found = "\n  ".join(self.found[:10])
        return f"seed {self.seed}:\n  {found}\n  replay: python -m tests.faults.simulation --seed {self.seed} --trace"


def run_seed(seed: int) -> Result:
    try:
        return Result(seed=seed, found=tuple(broken(simulate(scenario_of(seed)))))
    except Exception:
        return Result(seed=seed, found=(traceback.format_exc(),))


def run_seeds(seeds: Iterable[int], jobs: int = 0) -> Iterator[Result]:
    """A process per core unless ``jobs`` says otherwise; results as they come."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.simulation.seeds", "bpe_openai"])
    with context.Pool(jobs or os.cpu_count(), initializer=_prepare) as pool:
        yield from pool.imap_unordered(run_seed, seeds, chunksize=CHUNK)


def _prepare() -> None:
    """A simulation leaves much garbage and keeps nothing: collecting it rarely is a sixth faster."""
    silence()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def silence() -> None:
    """Services log a lot of what is done to them here, on purpose."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50), cache_logger_on_first_use=True)
