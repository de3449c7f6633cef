"""Whether a task grades rightly: its reference must score 1, its no-op and every cheat 0, by the real grading."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from assay.artifacts import pack
from assay.catalog import Bundles
from assay.contracts.codec import Data, decode
from assay.contracts.tasks import HiddenTask, ReferenceTask, Solver
from assay.contracts.verdicts import Outcome, Verdict
from assay.files import Files
from services.judge.grading import Tools, grade
from services.judge.hidden import Hidden, read_hidden
from services.judge.outputs import read_output


class Trial(Data, frozen=True, kw_only=True):
    """One thing handed in, and what came of it. ``ok`` when it scored as it must."""

    name: str
    sample_id: str
    ok: bool
    wanted: float
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    name: str
    sample_id: str
    output: bytes
    wanted: float


async def validate(bundles: Bundles, tools: Tools) -> tuple[Trial, ...]:
    """Every reference, no-op and cheat of a task, in that order. Raises JudgeError and SandboxError."""
    hidden = read_hidden(bundles.hidden)
    reference = decode(ReferenceTask, bundles.reference["reference.json"])
    entries = list(_entries(hidden.task, reference, bundles.reference))
    return tuple(await asyncio.gather(*(_tried(entry, hidden, tools) for entry in entries)))


async def _tried(entry: _Entry, hidden: Hidden, tools: Tools) -> Trial:
    verdict = (await grade(hidden, entry.sample_id, read_output(hidden.task, entry.output), tools)).verdict
    passed = verdict.outcome is Outcome.PASSED
    ok = verdict.score == entry.wanted and passed == (entry.wanted == 1.0)
    return Trial(name=entry.name, sample_id=entry.sample_id, ok=ok, wanted=entry.wanted, verdict=verdict)


def _entries(task: HiddenTask, reference: ReferenceTask, files: Files) -> Iterator[_Entry]:
    if task.solver is Solver.ANSWER:
        yield from _answers(reference)
        return
    folders = (
        "reference",
        "noop",
        *sorted({f"cheats/{path.split('/')[1]}" for path in files if path[:7] == "cheats/"}),
    )
    for folder in folders:
        handed_in = {
            path.removeprefix(f"{folder}/"): data for path, data in files.items() if path.startswith(f"{folder}/")
        }
        wanted = float(folder == "reference")
        yield _Entry(name=folder, sample_id="main", output=pack(handed_in), wanted=wanted)


def _answers(reference: ReferenceTask) -> Iterator[_Entry]:
    """Each baseline on every sample."""
    for sample_id, answer in reference.answers.items():
        yield _Entry(name="reference", sample_id=sample_id, output=answer.encode(), wanted=1.0)
    for name, answer in (("noop", reference.noop_answer), *((f"cheats/{k}", v) for k, v in reference.cheats.items())):
        for sample_id in reference.answers:
            yield _Entry(name=name, sample_id=sample_id, output=answer.encode(), wanted=0.0)
