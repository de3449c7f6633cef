"""The folder of a task with code: workspace, hidden tests, reference and two cheats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.catalog.importers.manifest_yaml import manifest_yaml, printable_text
from assay.catalog.importers.plan import ImportedTask, TaskOptions
from assay.contracts.tasks import Difficulty
from assay.files import Files

_INPUTS = "tests/exercise"


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeTask:
    """``expected`` has the names of all tests in ``tests``; ``reference`` has every output. ``command`` builds and runs
    the tests together with the submission, and prints the names of those that pass; without it, the judge runs them
    behind its bridge."""

    task_id: str
    title: str
    source: str
    tag: str
    language: str
    instructions: str
    outputs: Sequence[str]
    workspace: Files
    tests: Files
    expected: Sequence[str]
    reference: Files
    cheats: Mapping[str, Files]
    difficulty: Difficulty = Difficulty.MEDIUM
    framework: str = ""
    command: Sequence[str] = ()
    sandbox: Mapping[str, int] = field(default_factory=lambda: {"cpu_seconds": 30, "wall_seconds": 60})
    tags: Sequence[str] = field(default_factory=tuple[str, ...])


def code_task(task: CodeTask, options: TaskOptions) -> ImportedTask:
    files = {
        "task.yaml": manifest_yaml(_manifest(task, options)),
        "instructions.md": printable_text(task.instructions).strip().encode() + b"\n",
    }
    tests = _INPUTS if task.command else "tests"
    parts = {"workspace": task.workspace, tests: task.tests, "reference": task.reference}
    parts |= {f"cheats/{name}": cheat for name, cheat in task.cheats.items()}
    for folder, content in parts.items():
        files |= {f"{folder}/{path}": data for path, data in content.items()}
    return ImportedTask(task_id=task.task_id, files=files, source=task.source)


def _manifest(task: CodeTask, options: TaskOptions) -> dict[str, Any]:
    return {
        "id": task.task_id,
        "title": printable_text(task.title).replace("\n", " ").strip()[:200] or task.task_id,
        "category": options.category or "coding",
        "difficulty": (options.difficulty or task.difficulty).value,
        "language": task.language,
        "tags": ["imported", task.tag, *task.tags],
        "solver": "files",
        "outputs": list(task.outputs),
        "limits": {"max_tokens": 4096, "wall_seconds": 300},
        "sandbox": dict(task.sandbox),
        "checks": [_check(task)],
    }


def _check(task: CodeTask) -> dict[str, Any]:
    """The tests are a gate, because the benchmarks count a problem as solved or not: part of the tests is nothing."""
    if task.command:
        names = "".join(f"{name}\n" for name in sorted(task.expected))
        program = {"command": list(task.command), "inputs": _INPUTS, "stdout": names}
        return {"kind": "command", "name": "tests", "gate": True, **program}
    framework = {"framework": task.framework} if task.framework else {}
    return {"kind": "tests", **framework, "gate": True, "expected": list(task.expected)}
