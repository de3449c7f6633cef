"""What is mounted into the two sandboxes: our own programs, and for the tests also pytest."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from assay.sandbox import FilesMount, FolderMount

PROGRAMS = "/opt/judge"
PACKAGES = "/opt"
TESTS = "/tests"
_PYTEST = ("_pytest", "pytest", "pluggy", "iniconfig", "packaging", "pygments")


@cache
def candidate_mount() -> FilesMount:
    return FilesMount(path=PROGRAMS, files=_programs("wire", "candidate"))


@cache
def tests_mounts() -> tuple[FilesMount | FolderMount, ...]:
    programs = {**_programs("wire", "tests"), "py.py": _origin("py").read_bytes()}
    folders = (FolderMount(path=f"{PACKAGES}/{name}", folder=_origin(name).parent) for name in _PYTEST)
    return (FilesMount(path=PROGRAMS, files=programs), *folders)


def _programs(*packages: str) -> dict[str, bytes]:
    """The modules of these packages, inside a package ``bridge`` of their own."""
    folder = Path(__file__).parent
    paths = [path for package in packages for path in sorted((folder / package).glob("*.py"))]
    return {"bridge/__init__.py": b"", **{f"bridge/{path.relative_to(folder)}": path.read_bytes() for path in paths}}


def _origin(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: pip install 'assay[judge]'")
    return Path(spec.origin)
