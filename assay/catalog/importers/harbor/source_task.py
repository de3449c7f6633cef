"""One task, whichever of the formats its folder has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from assay.catalog.importers.python_code import NotUsable
from assay.catalog.tasks.folder import MAX_ENVIRONMENT_BYTES
from assay.contracts.tasks import Difficulty
from assay.files import FileLimits, Files, FilesRefused
from assay.files.folders import read_folder

LIMITS = FileLimits(count=2_000, total_bytes=20_000_000, file_bytes=5_000_000)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)I?B?", re.IGNORECASE)
_MIB = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceTask:
    """``environment``, ``tests`` and ``solution`` are files by path in their folders; ``test_script`` and
    ``solution_script`` are the paths of what is run in them, ``solution_folder`` is where the latter expects to be.
    ``reads_summary``: the result is in what pytest prints, not in a file."""

    name: str
    tag: str
    instruction: str
    difficulty: Difficulty
    category: str
    tags: tuple[str, ...]
    environment: Files
    tests: Files
    test_script: str
    solution: Files
    solution_script: str
    solution_folder: str = "/solution"
    reads_summary: bool = False
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    test_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    solution_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    agent_seconds: float = 900.0
    test_seconds: float = 900.0
    cpus: float = 1.0
    memory_mb: int = 2048
    storage_mb: int = 0


def folder_files(folder: Path) -> dict[str, bytes]:
    """Empty if there is no such folder. Raises NotUsable."""
    if not folder.is_dir():
        return {}
    try:
        return read_folder(folder, limits=LIMITS)
    except FilesRefused as refused:
        raise NotUsable(f"its folder {folder.name} cannot be read: {refused}") from refused


def check_environment(environment: Files) -> None:
    """Raises NotUsable."""
    size = sum(map(len, environment.values()))
    if size > MAX_ENVIRONMENT_BYTES:
        raise NotUsable(f"the files of its image have more than {MAX_ENVIRONMENT_BYTES // 1000} KB")


def table(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A nested table; empty if there is none."""
    found = values.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def variables(values: Mapping[str, Any], of: str) -> dict[str, str]:
    """Raises NotUsable if one is that of the host."""
    found = {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    if wanted := [name for name, value in found.items() if "${" in value]:
        raise NotUsable(f"{of} needs variables of the host, such as {wanted[0]}")
    return found


def number(value: Any, default: float) -> float:
    """A positive number, or the default."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 10**9
    return float(value) if usable else default


def mebibytes(value: Any, default: int) -> int:
    """Of a number of MiB, or a text such as ``4G``."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        return max(1, round(float(match[1]) * _MIB[match[2].upper() or "M"]))
    return round(number(value, default))


def difficulty(value: Any) -> Difficulty:
    known = isinstance(value, str) and value in set(Difficulty)
    return Difficulty(value) if known else Difficulty.MEDIUM


def name_of(value: Any) -> str:
    """A category or tag in lower case; empty if nothing of it can be one."""
    return re.sub(r"[^a-z0-9_-]+", "-", str(value).lower()).strip("-_")[:64] if isinstance(value, str) else ""


def names_of(values: Any) -> tuple[str, ...]:
    listed = cast("list[Any]", values) if isinstance(values, list) else []
    return tuple(dict.fromkeys(filter(None, map(name_of, listed))))
