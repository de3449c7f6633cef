"""Artifacts of imported results, in the formats and under the names of those that runners and judges store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import encode
from assay.contracts.imported_runs import ImportedResult
from assay.contracts.results import CheckOutput, Evidence, check_artifact_names
from assay.contracts.tail import AgentStep, StepKind
from assay.contracts.verdicts import CheckResult
from services.gateway.ports import Store

_JSON, _JSON_LINES, _TEXT = "application/json", "application/jsonl", "text/plain; charset=utf-8"
RESPONSE = "response.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredResult:
    """References by artifact name: ``response.txt``, ``prompt.json`` and ``transcript.jsonl``, as far as the result has
    them; ``checks`` has an artifact for each score."""

    attempt: dict[str, ArtifactRef]
    checks: dict[str, ArtifactRef]

    @property
    def output(self) -> ArtifactRef | None:
        return self.attempt.get(RESPONSE)


async def store_result(
    result: ImportedResult, checks: Sequence[CheckResult], expected: str, time: datetime, store: Store
) -> StoredResult:
    attempt: dict[str, ArtifactRef] = {}
    if result.prompt:
        messages = [{"role": message.role, "content": message.text} for message in result.prompt]
        attempt["prompt.json"] = await store.put(encode(messages), _JSON)
    if result.response:
        attempt[RESPONSE] = await store.put(result.response.encode(), _TEXT)
    if result.steps:
        lines = b"\n".join(map(encode, _steps(result, time)))
        attempt["transcript.jsonl"] = await store.put(lines + b"\n", _JSON_LINES)
    outputs: dict[str, ArtifactRef] = {}
    names = check_artifact_names(check.name for check in checks)
    for name, check, score in zip(names, checks, result.scores, strict=True):
        evidence = Evidence.of(score.answer, expected, score.explanation)
        outputs[name] = await store.put(encode(CheckOutput(result=check, evidence=evidence)), _JSON)
    return StoredResult(attempt=attempt, checks=outputs)


def _steps(result: ImportedResult, time: datetime) -> Iterator[AgentStep]:
    """A turn ends with the results of its tools. All steps have the time of the run: when each happened is not known,
    and importing the same again must give the same bytes."""
    turn, tool_calls, after_result = 1, 0, False
    for number, step in enumerate(result.steps, 1):
        turn += after_result and step.kind is not StepKind.RESULT
        after_result = step.kind is StepKind.RESULT
        tool_calls += step.kind is StepKind.CALL
        yield AgentStep(
            number=number,
            turn=turn,
            kind=step.kind,
            time=time,
            text=step.text,
            tool=step.tool,
            call_id=step.call_id,
            failed=step.failed,
            tool_calls=tool_calls,
        )
