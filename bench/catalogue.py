"""Every suite of the catalogue by ``oracle``, ``nop`` and the embedded model, on a running stack: checks that nothing
ends as ``infra_error``, and writes the scores to ``bench/catalogue_scores.json`` and ``docs/catalogue.md``.

``assay up``, then ``python -m bench catalogue [--server URL] [--suite ID ...] [--samples 3] [--max-tokens 256]``.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence

from assay.cli.attempt_pages import all_attempts
from assay.cli.server import connected
from assay.client import AssayClient
from assay.contracts.attempts import AttemptView
from assay.contracts.models import Parameters
from assay.contracts.runs import RunRequest, RunStatus, RunView
from assay.contracts.tasks import SuiteView, TaskView
from assay.contracts.verdicts import Outcome
from bench.catalogue_page import MODELS, PAGE, SCORES_FILE, Scores, TaskScores, page, read_scores, write_scores

_NOT_GRADED = ("impossible",)
"""Suites whose tasks no solution passes."""


async def measure(server: str, suites: Sequence[str], samples: int, max_tokens: int) -> None:
    async with connected(server) as client:
        known = {suite.suite_id: suite for suite in await client.suites()}
        tasks = {task.task_id: task for task in await client.tasks()}
        scores = read_scores()
        for name in suites or [name for name in known if name not in _NOT_GRADED]:
            for model in MODELS:
                attempts = await _run(client, known[name], model, samples, max_tokens)
                scores = _with_results(scores, tasks, model, attempts)
                write_scores(scores)
        PAGE.write_text(page(tasks.values(), list(known.values()), scores), encoding="utf-8")
        print(f"wrote {SCORES_FILE} and {PAGE}")


async def _run(client: AssayClient, suite: SuiteView, model: str, samples: int, max_tokens: int) -> list[AttemptView]:
    """Of a calling model only the first samples; the baselines cost nothing."""
    calls = "/" in model
    request = RunRequest(
        models=(model,),
        suite=suite.suite_id,
        samples=samples if calls else 0,
        parameters=Parameters(max_tokens=max_tokens) if calls else Parameters(),
        skip_unsuitable=True,
        name=f"catalogue: {suite.suite_id}",
    )
    started = time.monotonic()
    run = await _finished(client, await client.submit(request))
    attempts = list(await all_attempts(client, run.run_id))
    failed = [attempt for attempt in attempts if attempt.outcome is Outcome.INFRA_ERROR]
    mean = sum(attempt.score or 0.0 for attempt in attempts) / len(attempts)
    print(
        f"{suite.suite_id:14} {model:22} {len(attempts):4} attempts, mean score {mean:.3f}, "
        f"{len(failed)} infra_error, {time.monotonic() - started:.0f} s",
        flush=True,
    )
    for attempt in failed[:5]:
        print(f"    {attempt.task_id} {attempt.sample_id}: {attempt.reason}")
    return attempts


async def _finished(client: AssayClient, run: RunView) -> RunView:
    while run.status not in (RunStatus.FINISHED, RunStatus.CANCELLED):
        await asyncio.sleep(0.5)
        run = await client.run(run.run_id)
    return run


def _with_results(scores: Scores, tasks: dict[str, TaskView], model: str, attempts: Sequence[AttemptView]) -> Scores:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for attempt in attempts:
        found[attempt.task_id].append(attempt.score or 0.0)
    changed = dict(scores)
    for task_id, values in found.items():
        digest = tasks[task_id].digest
        earlier = changed.get(task_id)
        kept = earlier.scores if earlier and earlier.digest == digest else {}
        mean = round(sum(values) / len(values), 4)
        changed[task_id] = TaskScores(digest=digest, scores={**kept, model: mean})
    return changed


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench catalogue")
    parser.add_argument("--server", default="")
    parser.add_argument("--suite", action="append", default=[])
    parser.add_argument("--samples", type=int, default=3, help="of each task, for the embedded model")
    parser.add_argument("--max-tokens", type=int, default=256, help="of each completion, for the embedded model")
    options = parser.parse_args(arguments)
    asyncio.run(measure(options.server, options.suite, options.samples, options.max_tokens))
