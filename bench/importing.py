"""Importing: how long `assay import` takes, and whether the imported references pass the real judge.

``python -m bench importing`` writes 164 problems in the format of HumanEval, a Python track of 200 exercises, 50,000
questions and a log of Inspect with 5,000 results. It imports each, runs the first two with the baseline ``oracle``, and
starts a run of the questions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from assay.cli.attempt_pages import all_attempts
from assay.client import AssayClient
from assay.contracts.runs import RunRequest, RunStatus
from bench.embedded_stack import embedded_stack

PROBLEMS, EXERCISES, QUESTIONS, RESULTS = 164, 200, 50_000, 5_000
MODEL = "mock/model"


def write_humaneval(path: Path) -> None:
    problems = [
        {
            "task_id": f"HumanEval/{number}",
            "prompt": f'def shifted(values):\n    """Each value plus {number}."""\n',
            "entry_point": "shifted",
            "canonical_solution": f"    return [value + {number} for value in values]\n",
            "test": f"def check(candidate):\n    assert candidate([1, 2]) == [{1 + number}, {2 + number}]\n"
            "    assert candidate([]) == []\n",
        }
        for number in range(PROBLEMS)
    ]
    path.write_text("".join(f"{json.dumps(problem)}\n" for problem in problems))


def write_track(folder: Path) -> None:
    slugs = [f"shift-{number}" for number in range(EXERCISES)]
    listed = [{"slug": slug, "name": slug.title(), "difficulty": 2} for slug in slugs]
    files = {"config.json": json.dumps({"language": "Python", "slug": "python", "exercises": {"practice": listed}})}
    for number, slug in enumerate(slugs):
        name = slug.replace("-", "_")
        tested = {"solution": [f"{name}.py"], "test": [f"{name}_test.py"], "example": [".meta/example.py"]}
        of_exercise = {
            ".meta/config.json": json.dumps({"authors": [], "files": tested, "blurb": "Shift a number."}),
            ".meta/example.py": f"def shifted(value):\n    return value + {number}\n",
            ".docs/instructions.md": f"# Instructions\n\nReturn the value plus {number}.\n",
            f"{name}.py": "def shifted(value):\n    pass\n",
            f"{name}_test.py": "import unittest\n\n"
            f"from {name} import shifted\n\n\nclass ShiftTest(unittest.TestCase):\n"
            f"    def test_one(self):\n        self.assertEqual(shifted(1), {1 + number})\n\n"
            f"    def test_zero(self):\n        self.assertEqual(shifted(0), {number})\n",
        }
        files |= {f"exercises/practice/{slug}/{path}": text for path, text in of_exercise.items()}
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def write_questions(path: Path) -> None:
    rows = (
        f'"What is {number} plus {number % 97}? Answer with the number.",{number + number % 97}\n'
        for number in range(QUESTIONS)
    )
    path.write_text("question,answer\n" + "".join(rows))


def write_log(path: Path) -> None:
    """A log of Inspect, as JSON."""
    samples = [
        {
            "id": number,
            "epoch": 1,
            "input": f"What is {number} plus 1?",
            "target": str(number + 1),
            "messages": [
                {"role": "user", "content": f"What is {number} plus 1?"},
                {"role": "assistant", "content": f"It is {number + 1}.", "source": "generate"},
            ],
            "output": {"choices": [], "completion": f"It is {number + 1}. " + "Because I counted. " * 20},
            "scores": {"match": {"value": "CI"[number % 3 == 0], "answer": str(number + 1)}},
            "model_usage": {MODEL: {"input_tokens": 20, "output_tokens": 60, "total_tokens": 80}},
            "working_time": 1.5,
        }
        for number in range(RESULTS)
    ]
    spec = {
        "task": "counting",
        "model": MODEL,
        "created": "2026-01-02T03:04:05+00:00",
        "dataset": {},
        "config": {},
        "packages": {"inspect_ai": "0.3.285"},
    }
    path.write_text(json.dumps({"version": 2, "status": "success", "eval": spec, "samples": samples}))


def timed_import(*arguments: str) -> float:
    """The seconds of one command."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "assay.cli", "import", *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


async def run_all(client: AssayClient, name: str, tasks: Sequence[str]) -> None:
    """By the baseline ``oracle``; prints how the attempts ended."""
    run = await client.submit(RunRequest(models=("oracle",), tasks=tuple(tasks), name=name))
    started = time.monotonic()
    while run.status is not RunStatus.FINISHED:
        await asyncio.sleep(0.2)
        run = await client.run(run.run_id)
    outcomes = Counter(str(attempt.outcome) for attempt in await all_attempts(client, run.run_id))
    print(f"{name:12} by oracle: {dict(outcomes)}, {time.monotonic() - started:.1f} s", flush=True)


async def measure(folder: Path) -> None:
    catalog = folder / "catalog"
    write_humaneval(folder / "problems.jsonl")
    write_track(folder / "python")
    write_questions(folder / "questions.csv")
    write_log(folder / "log.json")
    into = ("--into", str(catalog))
    for name, *arguments in (
        ("humaneval", "humaneval", str(folder / "problems.jsonl"), *into),
        ("exercism", "exercism", str(folder / "python"), *into),
        ("questions", "csv", str(folder / "questions.csv"), "--check", "numeric", *into),
    ):
        print(f"{name:12} imported in {timed_import(*arguments):.1f} s", flush=True)
    async with embedded_stack(1, tasks_from=catalog) as stack, AssayClient(stack.url) as client:
        seconds = timed_import("inspect", str(folder / "log.json"), "--server", stack.url)
        print(f"{'inspect':12} imported in {seconds:.1f} s", flush=True)
        started = time.monotonic()
        run = await client.submit(RunRequest(models=("nop",), tasks=("questions",)))
        print(f"{'questions':12} run of {run.progress.total} attempts started in {time.monotonic() - started:.1f} s")
        await client.cancel(run.run_id, grace_seconds=0.0)
        names = [task.task_id for task in await client.tasks()]
        for prefix in ("humaneval", "exercism"):
            await run_all(client, prefix, [name for name in names if name.startswith(f"{prefix}_")])


def main(arguments: Sequence[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m bench importing").parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="assay-importing-") as folder:
        asyncio.run(measure(Path(folder)))
