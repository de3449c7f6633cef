"""Every suite of the catalogue by ``oracle``, ``nop`` and the embedded model, on a running stack: checks that nothing
ends as ``infra_error``, and writes the scores to ``bench/catalogue_scores.json`` and ``docs/catalogue.md``.

``assay up``, with Docker and its images, then ``python -m bench catalogue [--server URL] [--suite ID ...]``. It takes
half an hour. With ``--page`` it measures nothing, and only writes the page.
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
from assay.contracts.models import BASELINES, Parameters
from assay.contracts.runs import RunRequest, RunStatus, RunView
from assay.contracts.tasks import TaskView
from assay.contracts.verdicts import Outcome
from bench.catalogue_page import (
    MAX_TOKENS,
    MODELS,
    SAMPLES,
    Scores,
    TaskScores,
    read_scores,
    write_page,
    write_scores,
)

NO_SUITE = "-"
"""Tasks that are in no suite."""


async def measure(server: str, suites: Sequence[str]) -> None:
    async with connected(server) as client:
        known = await client.suites()
        tasks = {task.task_id: task for task in await client.tasks()}
        apart = tuple(sorted(tasks.keys() - {task_id for suite in known for task_id in suite.task_ids}))
        scores = read_scores()
        for name in suites or [suite.suite_id for suite in known] + [NO_SUITE]:
            for model in BASELINES if name == NO_SUITE else MODELS:
                chosen = apart if name == NO_SUITE else ()
                attempts = await _run(client, name, chosen, model)
                scores = _with_results(scores, tasks, model, attempts)
                write_scores(scores)


async def _run(client: AssayClient, name: str, tasks: tuple[str, ...], model: str) -> list[AttemptView]:
    """The tasks, or else the suite of this name. Of a model that is called, only the first samples."""
    calls = model not in BASELINES
    request = RunRequest(
        models=(model,),
        suite=None if tasks else name,
        tasks=tasks,
        samples=SAMPLES if calls else 0,
        parameters=Parameters(max_tokens=MAX_TOKENS) if calls else Parameters(),
        skip_unsuitable=True,
        name=f"catalogue: {name}",
    )
    started = time.monotonic()
    run = await _finished(client, await client.submit(request))
    attempts = list(await all_attempts(client, run.run_id))
    failed = [attempt for attempt in attempts if attempt.outcome is Outcome.INFRA_ERROR]
    mean = sum(attempt.score or 0.0 for attempt in attempts) / len(attempts)
    print(
        f"{name:14} {model:22} {len(attempts):4} attempts, mean score {mean:.3f}, "
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
    parser.add_argument("--page", action="store_true", help="measure nothing, only write the page")
    options = parser.parse_args(arguments)
    if not options.page:
        asyncio.run(measure(options.server, options.suite))
    write_page()
