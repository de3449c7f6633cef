"""``python -m tests.faults.simulation``: run many seeds, or trace one."""

from __future__ import annotations

import argparse
import sys
import time

from tests.faults.simulation.checks.invariants import violations
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.seeds import open_virtual_postgres, postgres_server, run_seeds, silence_logs
from tests.faults.simulation.simulation import simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this seed only")
    parser.add_argument("--trace", action="store_true", help="with --seed: print every step with its virtual second")
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument("--seeds", type=int, default=2000, help="number of seeds (default 2000)")
    parser.add_argument("--jobs", type=int, default=0, help="worker processes (default: one per core)")
    options = parser.parse_args()
    if options.seed is not None:
        return _one(options.seed, trace=options.trace)
    return _many(range(options.start, options.start + options.seeds), options.jobs)


def _one(seed: int, *, trace: bool) -> int:
    silence_logs()
    scenario = scenario_of(seed)
    print(scenario)
    with postgres_server() as url:
        broken = violations(simulate(scenario, open_virtual_postgres(url), print if trace else None))
    print("\n".join(broken) or "all invariants hold")
    return bool(broken)


def _many(seeds: range, jobs: int) -> int:
    began, failed = time.monotonic(), 0
    for result in run_seeds(seeds, jobs):
        if result.violations:
            failed += 1
            print(result, flush=True)
    seconds = time.monotonic() - began
    print(f"{len(seeds)} seeds in {seconds:.1f} s ({60 * len(seeds) / seconds:.0f} a minute), {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
