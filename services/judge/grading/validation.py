"""Validates a task's grading: its reference must score 1, its no-op and every cheat 0, by the real grading.

No model is called and no person is asked. Where one would decide, the other checks are run: a no-op or a cheat that
fails a gate is graded, and so is a reference that fails one of them. What remains is undecided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from msgspec import structs

from assay.artifacts import pack
from assay.catalog import Bundles
from assay.contracts.audit import AuditFlag
from assay.contracts.checks import AnyCheck, Reveal, Tier
from assay.contracts.codec import Data, decode
from assay.contracts.results import TestOutput
from assay.contracts.tasks import HiddenTask, ReferenceTask, Solver
from assay.contracts.verdicts import Outcome, Verdict
from assay.files import Files
from services.judge.artifacts.hidden_bundles import HiddenBundle, parse_hidden_bundle
from services.judge.artifacts.outputs import read_output
from services.judge.grading.grade import CheckTools, GradingResult, grade


class BaselineResult(Data, frozen=True, kw_only=True):
    """The verdict on one baseline, and what was flagged. ``ok`` if it scored as it must; the reference of an impossible
    task, which follows its instructions, only must not pass. If not, ``wrong_tests`` are the hidden tests that should
    have ended otherwise, with their messages: the author may see them."""

    name: str
    sample_id: str
    ok: bool
    wanted: float
    verdict: Verdict
    flags: tuple[AuditFlag, ...] = ()
    wrong_tests: tuple[TestOutput, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Baseline:
    name: str
    sample_id: str
    output: bytes
    wanted: float


async def validate(bundles: Bundles, tools: CheckTools) -> tuple[BaselineResult, ...]:
    """Grades every reference, no-op and cheat of a task, in that order. Raises JudgeError and SandboxError."""
    hidden = parse_hidden_bundle(bundles.hidden)
    hidden = replace(hidden, task=structs.replace(hidden.task, reveal=Reveal.MESSAGES))
    reference = decode(ReferenceTask, bundles.reference["reference.json"])
    baselines = list(_baselines(hidden.task, reference, bundles.reference))
    return tuple(await asyncio.gather(*(_grade(baseline, hidden, tools) for baseline in baselines)))


async def _grade(baseline: _Baseline, hidden: HiddenBundle, tools: CheckTools) -> BaselineResult:
    decidable = tuple(check for check in hidden.task.checks if not undecidable(check))
    decided = replace(hidden, task=structs.replace(hidden.task, checks=decidable))
    graded = await grade(decided, baseline.sample_id, read_output(hidden.task, baseline.output), tools)
    if len(decidable) < len(hidden.task.checks):
        return _partly_graded(baseline, graded)
    verdict = graded.verdict
    passed = verdict.outcome is Outcome.PASSED
    partly = hidden.task.impossible and baseline.name == "reference"
    ok = not passed if partly else verdict.score == baseline.wanted and passed == (baseline.wanted == 1.0)
    return BaselineResult(
        name=baseline.name,
        sample_id=baseline.sample_id,
        ok=ok,
        wanted=baseline.wanted,
        verdict=verdict,
        flags=graded.flags,
        wrong_tests=() if ok else _wrong_tests(graded, baseline.wanted),
    )


def undecidable(check: AnyCheck) -> bool:
    """Whether a model or a person decides it."""
    return check.calls_model or check.tier is Tier.REVIEW


def _partly_graded(baseline: _Baseline, graded: GradingResult) -> BaselineResult:
    """By the checks that decide without a model or a person."""
    checks = graded.verdict.checks
    gate_failed = any(check.gate and not check.passed for check in checks)
    failed = gate_failed or any(check.required and not check.passed for check in checks)
    is_reference = baseline.wanted == 1.0
    decided = failed if is_reference else gate_failed
    outcome, reason = (Outcome.FAILED, graded.verdict.reason) if decided else (Outcome.NEEDS_REVIEW, "")
    return BaselineResult(
        name=baseline.name,
        sample_id=baseline.sample_id,
        ok=not (decided and is_reference),
        wanted=baseline.wanted,
        verdict=structs.replace(graded.verdict, outcome=outcome, score=0.0, reason=reason),
        flags=graded.flags,
    )


def _wrong_tests(graded: GradingResult, wanted: float) -> tuple[TestOutput, ...]:
    """Of a baseline that must score 1, those that did not pass; of one that must score 0, those that did."""
    tests = (test for check in graded.checks for test in check.tests)
    return tuple(test for test in tests if (test.outcome == "passed") != (wanted == 1.0))


def _baselines(task: HiddenTask, reference: ReferenceTask, files: Files) -> Iterator[_Baseline]:
    if task.solver is Solver.ANSWER:
        yield from _answer_baselines(reference, wanted=0.0 if task.impossible else 1.0)
        return
    folders = (
        "reference",
        "noop",
        *sorted({f"cheats/{path.split('/')[1]}" for path in files if path[:7] == "cheats/"}),
    )
    for folder in folders:
        submitted = {
            path.removeprefix(f"{folder}/"): data for path, data in files.items() if path.startswith(f"{folder}/")
        }
        if not submitted and task.impossible and folder == "reference":
            continue
        wanted = float(folder == "reference" and not task.impossible)
        yield _Baseline(name=folder, sample_id="main", output=pack(submitted), wanted=wanted)


def _answer_baselines(reference: ReferenceTask, wanted: float) -> Iterator[_Baseline]:
    """Each baseline on every sample; ``wanted`` is what the reference must score."""
    for sample_id, answer in reference.answers.items():
        yield _Baseline(name="reference", sample_id=sample_id, output=answer.encode(), wanted=wanted)
    for name, answer in (("noop", reference.noop_answer), *((f"cheats/{k}", v) for k, v in reference.cheats.items())):
        for sample_id in reference.answers:
            yield _Baseline(name=name, sample_id=sample_id, output=answer.encode(), wanted=0.0)
