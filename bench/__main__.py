"""``python -m bench [NAME ...] [OPTION ...]`` runs the named benchmarks, or all of them, one after the other. Options
apply to the named benchmarks, or to ``spine``. bench/README.md lists earlier results."""

from __future__ import annotations

import sys

from bench import (
    catalogue,
    importing,
    injections,
    large_run,
    leaderboard,
    model_calls,
    money_limit,
    noisy_neighbour,
    programs,
    rate_limit_storm,
    sandbox,
    show_run,
    startup,
    throughput,
    wanted_slots,
)
from bench.scale import simulation

BENCHMARKS = {
    "spine": throughput.main,
    "sandbox": sandbox.main,
    "neighbours": noisy_neighbour.main,
    "large": large_run.main,
    "limit": money_limit.main,
    "board": leaderboard.main,
    "show": show_run.main,
    "start": startup.main,
    "calls": model_calls.main,
    "storm": rate_limit_storm.main,
    "scale": simulation.main,
    "wanted": wanted_slots.main,
    "injections": injections.main,
    "programs": programs.main,
    "catalogue": catalogue.main,
    "importing": importing.main,
}


def main(arguments: list[str]) -> None:
    names = [argument for argument in arguments if argument in BENCHMARKS]
    options = [argument for argument in arguments if argument not in BENCHMARKS]
    for name in names or BENCHMARKS:
        print(f"--- {name}", flush=True)
        BENCHMARKS[name](options if names or name == "spine" else [])


if __name__ == "__main__":
    main(sys.argv[1:])
