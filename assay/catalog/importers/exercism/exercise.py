"""One exercise of a track, as its folder describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from assay.catalog.importers.python_code import NotUsable
from assay.catalog.yaml.read import Unreadable, decode_text, read_bytes
from assay.contracts.tasks import Difficulty
from assay.files import FilesRefused, check_path

MAX_FILE_BYTES = 5_000_000
CONFIG = ".meta/config.json"
_DOCS = ("introduction.md", "instructions.md", "instructions.append.md")


@dataclass(frozen=True, kw_only=True, slots=True)
class Exercise:
    """Contents by path in the folder. ``examples`` are solutions of the authors by the path of the ``solution`` file
    that each stands for; ``editor`` are files that solutions may use and not change. ``build`` are those that compile
    the tests and that the exercise's configuration does not list."""

    slug: str
    name: str
    difficulty: Difficulty
    instructions: str
    solution: Mapping[str, str]
    tests: Mapping[str, str]
    examples: Mapping[str, str]
    editor: Mapping[str, str]
    build: Mapping[str, str]


def read_exercise(folder: Path, name: str, difficulty: Difficulty, build: Sequence[str] = ()) -> Exercise:
    """``build`` are paths, each of which may be missing. Raises NotUsable."""
    files = _file_lists(folder)
    solution, tests, editor = (_texts(folder, files.get(kind, [])) for kind in ("solution", "test", "editor"))
    if not solution or not tests:
        raise NotUsable(f"{CONFIG} names no file of the {'tests' if solution else 'solution'}")
    docs = [text.strip() for text in _texts(folder, [f".docs/{each}" for each in _DOCS], optional=True).values()]
    if not any(docs):
        raise NotUsable("has no .docs/instructions.md")
    return Exercise(
        slug=folder.name,
        name=name or folder.name,
        difficulty=difficulty,
        instructions="\n\n".join(filter(None, docs)),
        solution=solution,
        tests=tests,
        examples=_examples(solution, _texts(folder, files.get("example") or files.get("exemplar") or [])),
        editor=editor,
        build=_texts(folder, build, optional=True),
    )


def read_json(path: Path) -> dict[str, Any]:
    """Raises NotUsable unless the file is a JSON object."""
    try:
        value = json.loads(decode_text(read_bytes(path, MAX_FILE_BYTES)))
    except (Unreadable, ValueError, RecursionError) as error:
        raise NotUsable(f"{path.parent.name}/{path.name} {_reason(error)}") from error
    if not isinstance(value, dict):
        raise NotUsable(f"{path.parent.name}/{path.name} is not a JSON object")
    return cast("dict[str, Any]", value)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, Unreadable) else "is not valid JSON"


def _file_lists(folder: Path) -> dict[str, list[str]]:
    files = read_json(folder / CONFIG).get("files")
    if not isinstance(files, dict):
        raise NotUsable(f"{CONFIG} has no object 'files'")
    found = {name: listed for name, listed in cast("dict[str, Any]", files).items() if isinstance(listed, list)}
    if not all(isinstance(path, str) for listed in found.values() for path in listed):
        raise NotUsable(f"{CONFIG} has something else than paths in 'files'")
    return found


def _texts(folder: Path, paths: Sequence[str], *, optional: bool = False) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in paths:
        if optional and not (folder / path).exists():
            continue
        found[path] = _text(folder, path)
    return found


def _text(folder: Path, path: str) -> str:
    """Never of a file outside of the folder, whatever its configuration or a link says."""
    try:
        check_path(path)
    except FilesRefused as error:
        raise NotUsable(f"{CONFIG} has a path that leaves the folder") from error
    place = folder / path
    if not place.resolve().is_relative_to(folder.resolve()):
        raise NotUsable(f"{path} is a link that leaves the folder")
    try:
        return decode_text(read_bytes(place, MAX_FILE_BYTES)).replace("\r\n", "\n")
    except Unreadable as error:
        raise NotUsable(f"{path} {error}") from error


def _examples(solution: Mapping[str, str], examples: Mapping[str, str]) -> dict[str, str]:
    """By name where names agree, then by their endings, otherwise in order. Raises NotUsable if a solution file has no
    example, unless it is the only one with its ending: it stays as it is, such as the source file of a C++ solution
    that is all in its header."""
    by_name = {PurePosixPath(path).name: text for path, text in examples.items()}
    if all(PurePosixPath(path).name in by_name for path in solution):
        return {path: by_name[PurePosixPath(path).name] for path in solution}
    by_ending = {PurePosixPath(path).suffix: text for path, text in examples.items()}
    endings = {PurePosixPath(path).suffix for path in solution}
    if len(endings) == len(solution) and len(by_ending) == len(examples) and by_ending and by_ending.keys() <= endings:
        return {path: by_ending.get(PurePosixPath(path).suffix, text) for path, text in solution.items()}
    if len(examples) != len(solution):
        raise NotUsable("does not have one example for each file of the solution")
    return dict(zip(solution, examples.values(), strict=True))


def copies_for_tests(exercise: Exercise, comment: str) -> dict[str, str]:
    """The editor's files that tests name, marked by a comment: a solution can change its own."""
    texts = exercise.tests.values()
    return {
        path: f"{comment} The tests' own copy.\n{text}"
        for path, text in exercise.editor.items()
        if any(PurePosixPath(path).stem in each for each in texts)
    }
