"""The judge's artifacts: each check's output, the tests' logs, the verdict, and the attempt's final result."""

from __future__ import annotations

import structlog
from msgspec import structs

from assay.artifacts import ArtifactPermanent, ArtifactRetryable
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptJudged
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.results import RESULT, VERDICT, Result, check_artifact_names
from services.judge.errors import StoreUnavailable
from services.judge.grading.grade import GradingResult
from services.judge.ports import AttemptArtifacts

_log = structlog.get_logger(__name__)
_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"


async def store_outputs(result: GradingResult, store: AttemptArtifacts) -> dict[str, ArtifactRef]:
    """References by artifact name. Most outputs equal an earlier attempt's and are already stored. Raises
    StoreUnavailable."""
    try:
        refs = {name: await store.put(log.data, _TEXT, truncated=log.truncated) for name, log in result.logs.items()}
        for name, output in zip(
            check_artifact_names(output.result.name for output in result.checks), result.checks, strict=True
        ):
            refs[name] = await store.put(encode(output), _JSON)
        refs[VERDICT] = await store.put(encode(result.verdict), _JSON)
    except ArtifactRetryable as error:
        raise StoreUnavailable(f"the outputs of the checks cannot be stored: {error}") from error
    return refs


async def read_result(ref: ArtifactRef | None, store: AttemptArtifacts) -> Result | None:
    """The runner's ``result.json``; None if there is none, or if it is lost or unreadable. Raises StoreUnavailable."""
    if ref is None:
        return None
    try:
        return decode(Result, await store.get(ref))
    except ArtifactRetryable as error:
        raise StoreUnavailable(f"the result of the try: {error}") from error
    except (ArtifactPermanent, Malformed) as error:
        _log.warning("judge.result_unreadable", sha256=ref.sha256, reason=str(error))
        return None


async def attach_result(report: AttemptJudged, try_result: Result | None, store: AttemptArtifacts) -> AttemptJudged:
    """Adds the final ``result.json`` to the report: the runner's (``try_result``) plus this verdict. Without a
    runner's result there is none. Raises StoreUnavailable."""
    if try_result is None:
        return report
    try:
        final = await store.put(encode(_final_result(try_result, report)), _JSON)
    except ArtifactRetryable as error:
        raise StoreUnavailable(f"the result of the attempt: {error}") from error
    return structs.replace(report, artifacts={**report.artifacts, RESULT: final})


def _final_result(before: Result, report: AttemptJudged) -> Result:
    verdict = report.verdict
    return structs.replace(
        before,
        outcome=verdict.outcome,
        score=verdict.score,
        reason=verdict.reason,
        verdict=verdict,
        judge_id=report.worker_id,
        judging_seconds=report.duration_seconds,
        evaluation=report.evaluation,
        flags=(*before.flags, *report.flags),
        artifacts={**before.artifacts, **report.artifacts},
    )
