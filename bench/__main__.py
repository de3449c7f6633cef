"""``python -m bench [NAME ...] [OPTION ...]``: the benchmarks named, or all, one after the other. Options are for those
named, or for ``spine``. What the figures were is in bench/README.md."""

from __future__ import annotations

import sys

from bench import large_run, leaderboard, money_limit, noisy_neighbour, sandbox, startup, throughput

BENCHES = {
    "spine": throughput.main,
    "sandbox": sandbox.main,
    "neighbours": noisy_neighbour.main,
    "large": large_run.main,
    "limit": money_limit.main,
    "board": leaderboard.main,
    "start": startup.main,
}


def main(arguments: list[str]) -> None:
    named = [argument for argument in arguments if argument in BENCHES]
    options = [argument for argument in arguments if argument not in BENCHES]
    for name in named or BENCHES:
        print(f"--- {name}", flush=True)
        BENCHES[name](options if named or name == "spine" else [])


if __name__ == "__main__":
    main(sys.argv[1:])
