"""An attempt's logs as text: one artifact after the other, each truncated at ``MAX_CHARACTERS``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from assay.cli.display.prompt_text import prompt_lines
from assay.client import AssayClient
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.codec import Malformed, decode
from assay.contracts.problems import ProblemError
from assay.contracts.results import CheckOutput
from assay.contracts.rpc import PromptMessage
from assay.contracts.tail import AgentStep, StepKind

MAX_CHARACTERS = 100_000
"""Per artifact; ``assay artifacts get`` downloads the whole."""
_FIRST = ("prompt.json", "reasoning.txt", "response.txt", "transcript.jsonl", "stdout.txt", "stderr.txt")
_LAST = ("judge.stdout", "judge.stderr")


async def log_lines(client: AssayClient, detail: AttemptDetail) -> AsyncGenerator[str]:
    """An artifact that cannot be fetched is replaced by the reason."""
    for name in _names(detail):
        yield f"\n--- {name}"
        try:
            data = await client.artifact(detail.attempt.attempt_id, name)
        except ProblemError as error:
            yield error.problem.detail or error.problem.title
            continue
        text = "\n".join(readable(name, data))
        yield text[:MAX_CHARACTERS]
        if len(text) > MAX_CHARACTERS:
            command = f"assay artifacts get {detail.attempt.attempt_id} {name}"
            yield f"... {len(text) - MAX_CHARACTERS} more characters; download the whole with `{command}`"


def _names(detail: AttemptDetail) -> list[str]:
    """Without ``response.txt`` for an agent, whose transcript already contains it."""
    first = [name for name in _FIRST if name != "response.txt" or "transcript.jsonl" not in detail.artifacts]
    checks = sorted(name for name in detail.artifacts if name.startswith("checks/"))
    return [name for name in (*first, *checks, *_LAST) if name in detail.artifacts]


def readable(name: str, data: bytes) -> Iterator[str]:
    """Decoded lines; the raw text where an artifact cannot be decoded."""
    try:
        if name == "prompt.json":
            yield from prompt_lines(decode(list[PromptMessage], data))
        elif name == "transcript.jsonl":
            for line in data.splitlines():
                yield _step(decode(AgentStep, line))
        elif name.startswith("checks/"):
            yield from _check(decode(CheckOutput, data))
        else:
            yield data.decode("utf-8", "replace")
    except Malformed:
        yield data.decode("utf-8", "replace")


def _step(step: AgentStep) -> str:
    failed = " (failed)" if step.failed else ""
    about = f"{step.number}. turn {step.turn} {step.kind}"
    if step.kind is StepKind.CALL:
        return f"{about} {step.tool} {step.text}"
    tool = f" from {step.tool}" if step.tool else ""
    return f"{about}{tool}{failed}: {step.text}"


def _check(output: CheckOutput) -> Iterator[str]:
    result = output.result
    passed = "passed" if result.passed else "failed"
    yield f"{passed}, score {result.score:g}{f': {result.message}' if result.message else ''}"
    for metric, value in sorted(output.metrics.items()):
        yield f"{metric} {value:g}"
    for test in output.tests:
        yield f"{test.outcome:8} {test.name} {test.error}".rstrip()
