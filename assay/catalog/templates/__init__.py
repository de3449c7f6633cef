"""The files of a new task, by solver and language: a working task of its kind, to be changed into another one."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from assay.files import Files

TEMPLATES = ("python", "javascript", "html", "go", "rust", "cpp", "answer", "agent")
"""Solver ``files`` in six languages, and the solvers ``answer`` and ``agent``."""


def new_task(template: str, task_id: str, title: str, category: str, difficulty: str) -> Files:
    """A task's files by path. Raises KeyError for an unknown template."""
    if template not in TEMPLATES:
        raise KeyError(template)
    found = dict(_files(files("assay.catalog.templates").joinpath(template), ""))
    manifest = Template(found["task.yaml"].decode())
    text = manifest.substitute(id=task_id, title=_quoted(title), category=category, difficulty=difficulty)
    return {**found, "task.yaml": text.encode()}


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield prefix + entry.name, entry.read_bytes()


def _quoted(title: str) -> str:
    """As YAML text."""
    return title if title.replace(" ", "").isalnum() else "'" + title.replace("'", "''") + "'"
