"""What a judge leaves behind: each check's output, the tests' logs, the verdict, and the attempt's final result."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, count
from typing import Protocol

import structlog
from msgspec import structs

from assay.artifacts import ArtifactPermanent, ArtifactRetryable
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptJudged
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.results import RESULT, VERDICT, CheckOutput, Result
from services.judge.errors import StoreSilent
from services.judge.grading import Graded

_log = structlog.get_logger(__name__)
_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"
_UNFIT = re.compile("[^A-Za-z0-9_.-]+")


class AttemptArtifacts(Protocol):
    """The area ``attempts`` of the artifact store."""

    async def get(self, ref: ArtifactRef) -> bytes: ...
    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef: ...


async def keep_outputs(graded: Graded, store: AttemptArtifacts) -> dict[str, ArtifactRef]:
    """By name. Most verdicts and outputs of checks are the same as an earlier attempt's, and are stored already.
    Raises StoreSilent."""
    try:
        refs = {name: await store.put(log.data, _TEXT, truncated=log.truncated) for name, log in graded.logs.items()}
        for name, output in zip(names(graded.checks), graded.checks, strict=True):
            refs[name] = await store.put(encode(output), _JSON)
        refs[VERDICT] = await store.put(encode(graded.verdict), _JSON)
    except ArtifactRetryable as error:
        raise StoreSilent(f"what the checks saw cannot be stored: {error}") from error
    return refs


def names(checks: Iterable[CheckOutput]) -> list[str]:
    """``checks/<name>.json`` for each, with a number where several have the same name."""
    found: list[str] = []
    for check in checks:
        name = f"checks/{_UNFIT.sub('_', check.result.name).strip('.')[:80] or 'check'}"
        numbered = (f"{name}-{number}.json" for number in count(2))
        found.append(next(each for each in chain([f"{name}.json"], numbered) if each not in found))
    return found


async def with_result(report: AttemptJudged, made: ArtifactRef | None, store: AttemptArtifacts) -> AttemptJudged:
    """The report with the final ``result.json``: what the runner wrote of the try (``made``) and this verdict. Without
    the runner's there is none. Raises StoreSilent."""
    if made is None:
        return report
    try:
        before = decode(Result, await store.get(made))
        after = await store.put(encode(_final(before, report)), _JSON)
    except ArtifactRetryable as error:
        raise StoreSilent(f"the result of the try: {error}") from error
    except (ArtifactPermanent, Malformed) as error:
        _log.warning("judge.result_unreadable", attempt=report.attempt_id, reason=str(error))
        return report
    return structs.replace(report, artifacts={**report.artifacts, RESULT: after})


def _final(before: Result, report: AttemptJudged) -> Result:
    verdict = report.verdict
    return structs.replace(
        before,
        outcome=verdict.outcome,
        score=verdict.score,
        reason=verdict.reason,
        verdict=verdict,
        judge_id=report.worker_id,
        judging_seconds=report.duration_seconds,
        artifacts={**before.artifacts, **report.artifacts},
    )
