"""Text and names of other frameworks, made to fit the contract of imported runs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from assay.catalog.importers import task_ids
from assay.catalog.importers.report import shown
from assay.contracts.imported_runs import MAX_CHARACTERS, MAX_LINE_CHARACTERS

MAX_NAME_CHARACTERS = 200
_NOT_IN_PROVIDER = re.compile(r"[^A-Za-z0-9_.-]+")
_NOT_IN_MODEL = re.compile(r"[^A-Za-z0-9_.:@/-]+")


def text(value: Any, limit: int = MAX_CHARACTERS) -> str:
    """The value as text that every encoder and database accepts, cut with a marker if it is too long. What is neither
    text nor None is written as JSON."""
    found = value if isinstance(value, str) else "" if value is None else _as_json(value)
    return cut(shown(found).replace("\0", r"\x00"), limit)


def line(value: Any, limit: int = MAX_LINE_CHARACTERS) -> str:
    """The first line that is not blank."""
    found = text(value, MAX_CHARACTERS).strip()
    return cut(found.splitlines()[0].strip() if found else "", limit)


def cut(found: str, limit: int) -> str:
    if len(found) <= limit:
        return found
    marker = f" [cut: {len(found)} characters]"
    return found[: max(0, limit - len(marker))] + marker[:limit]


def name(value: Any, default: str = "unnamed") -> str:
    return line(value, MAX_NAME_CHARACTERS) or default


def model_name(found: str) -> str:
    """The model's name with what Assay does not allow in one replaced by ``-``; empty if nothing of it is left."""
    provider, slash, model = shown(found).strip().strip("/").partition("/")
    provider = _NOT_IN_PROVIDER.sub("-", provider).strip("-")
    model = _NOT_IN_MODEL.sub("-", model).strip("-/")
    return f"{provider}{slash if provider and model else ''}{model}"[:MAX_NAME_CHARACTERS].rstrip("/")


def task_id(framework: str, found: str, used: Collection[str] = ()) -> str:
    """An id that no other task of the run has. A name that is too long ends in a hash of itself, so that it gets the
    same id in every run."""
    identifier = task_ids.task_id(framework, found)
    if len(framework) + 1 + len(found) > task_ids.MAX_TASK_ID:
        identifier = (
            f"{identifier[: task_ids.MAX_TASK_ID - 9].strip('_')}_{sha256(shown(found).encode()).hexdigest()[:8]}"
        )
    return unique(identifier, used, task_ids.MAX_TASK_ID, "_")


def suite_id(found: str) -> str:
    """Empty if nothing of the name can be part of an id."""
    return task_ids.task_id(found.rpartition("/")[2])


def unique(identifier: str, used: Collection[str], limit: int, separator: str = "-") -> str:
    """The id, or the id with the first free number from 2 at its end."""
    number, candidate = 2, identifier
    while candidate in used:
        ending = f"{separator}{number}"
        number, candidate = number + 1, identifier[: limit - len(ending)] + ending
    return candidate


def time(value: Any) -> datetime | None:
    """Of ISO 8601, in UTC unless it says otherwise, or of seconds since 1970; None for everything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def lettered(choices: Collection[str]) -> str:
    """``A) ...`` and so on, a line each; numbers after Z."""
    marks = [chr(ord("A") + index) if index < 26 else str(index + 1) for index in range(len(choices))]
    return "\n".join(f"{mark}) {choice}" for mark, choice in zip(marks, choices, strict=True))


def with_choices(question: str, choices: Collection[str], prompt: str) -> str:
    """The question, followed by the choices that the model could not see in the prompt."""
    if not choices or all(choice.strip() in prompt for choice in choices):
        return question
    return f"{question}\n{lettered(choices)}".strip()


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return str(value)
