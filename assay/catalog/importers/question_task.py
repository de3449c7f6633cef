"""The folder of a task with questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.manifest_yaml import manifest_yaml, printable_text
from assay.catalog.importers.plan import ImportedTask
from assay.catalog.importers.question_options import QuestionCheck, QuestionOptions
from assay.catalog.importers.task_ids import task_id
from assay.contracts.tasks import Difficulty


def question_task(options: QuestionOptions, name: str, tag: str, samples: Sequence[bytes], source: str) -> ImportedTask:
    """Raises ImportFailed if no id can be made of the name."""
    found = options.task or task_id(options.prefix, name)
    if not found:
        raise ImportFailed(f"{source}: no task id can be made of the name {name!r}; give one by --task")
    manifest: dict[str, Any] = {
        "id": found,
        "title": printable_text(options.title or name)[:200],
        "category": options.category or "questions",
        "difficulty": (options.difficulty or Difficulty.MEDIUM).value,
        **({"language": options.language} if options.language else {}),
        "tags": ["imported", tag],
        "solver": "answer",
        "instructions": printable_text(options.instructions) or _instructions(options),
        "checks": [_check(options)],
    }
    files = {"task.yaml": manifest_yaml(manifest), "samples.jsonl": b"".join(samples)}
    return ImportedTask(task_id=found, files=files, source=source)


def _check(options: QuestionOptions) -> dict[str, Any]:
    assert options.check is not None
    check: dict[str, Any] = {"kind": options.check.value}
    match options.check:
        case QuestionCheck.CHOICE:
            check["options"] = list(options.options)
        case QuestionCheck.CLASSIFICATION:
            check["classes"] = list(options.options)
        case QuestionCheck.NUMERIC | QuestionCheck.REGRESSION if options.tolerance:
            check["tolerance"] = {"absolute": options.tolerance}
        case QuestionCheck.TELEMETRY:
            check["tolerance"] = {"absolute": options.tolerance} if options.tolerance else {"relative": 0.01}
        case QuestionCheck.JSON_FIELDS:
            check["fields"] = list(options.fields)
        case QuestionCheck.REGEX:
            check["pattern"] = options.pattern
        case _:
            pass
    if options.ignore_case:
        if options.check not in (QuestionCheck.EXACT, QuestionCheck.JSON_FIELDS, QuestionCheck.REGEX):
            raise ImportFailed(f"--ignore-case is not for --check {options.check.value}")
        check["ignore_case"] = True
    return check


def _instructions(options: QuestionOptions) -> str:
    """What the check needs the model to do."""
    match options.check:
        case QuestionCheck.CHOICE | QuestionCheck.CLASSIFICATION if options.options_columns:
            return "Answer the question with the letter of the right option alone."
        case QuestionCheck.CHOICE | QuestionCheck.CLASSIFICATION:
            return f"Answer with one of these, and nothing else: {', '.join(options.options)}."
        case QuestionCheck.NUMERIC | QuestionCheck.REGRESSION:
            return "Answer with the number alone."
        case QuestionCheck.TELEMETRY:
            return (
                "Find the smallest, the largest and the average of these readings. Answer with JSON alone, with the "
                'fields "min", "max" and "mean".'
            )
        case QuestionCheck.JSON_FIELDS:
            return f"Answer with a JSON object that has the fields {', '.join(options.fields)}."
        case _:
            return "Answer with the answer alone, without an explanation."
