"""Our own programs, as they are mounted into the two sandboxes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from assay.files import Files
from assay.sandbox import FilesMount
from services.judge.bridge.programs import PROGRAMS

_FOLDER = Path(__file__).parent


@cache
def python_mount(*packages: str) -> FilesMount:
    """The modules of these packages, inside a package ``bridge`` of their own."""
    return FilesMount(path=PROGRAMS, files=python_programs(*packages))


def python_programs(*packages: str) -> Files:
    return {"bridge/__init__.py": b"", **{f"bridge/{path}": data for path, data in _files(packages, "*.py")}}


@cache
def program_files(folder: str) -> Files:
    """The programs in another language, by path below ``services/judge/bridge``."""
    return dict(_files((folder,), "**/*.*"))


def _files(folders: tuple[str, ...], pattern: str) -> list[tuple[str, bytes]]:
    paths = [path for folder in folders for path in sorted((_FOLDER / folder).glob(pattern)) if path.is_file()]
    return [(path.relative_to(_FOLDER).as_posix(), path.read_bytes()) for path in paths]
