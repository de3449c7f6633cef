"""The frameworks that run hidden tests, and which files are theirs."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase


class Framework(StrEnum):
    """What runs hidden tests."""

    PYTEST = "pytest"
    NODE = "node"
    """``node:test``, with the submitted modules behind proxies."""
    GO = "go"
    CARGO = "cargo"
    CPP = "cpp"
    """GoogleTest, or a command that prints TAP."""
    HTML = "html"
    """``node:test``, with the submitted pages in a DOM."""


_NODE = tuple(f"{stem}.{end}" for stem in ("*.test", "*-test", "*_test", "test-*") for end in ("mjs", "cjs", "js"))
CPP_SOURCES = ("*.cpp", "*.cc", "*.cxx")
PATTERNS: dict[Framework, tuple[str, ...]] = {
    Framework.PYTEST: ("test_*.py", "*_test.py"),
    Framework.NODE: _NODE,
    Framework.HTML: _NODE,
    Framework.GO: ("*_test.go",),
    Framework.CARGO: ("*.rs",),
    Framework.CPP: CPP_SOURCES,
}
"""Patterns of file names."""
_IN_ANY_FOLDER = frozenset({Framework.PYTEST, Framework.NODE, Framework.HTML})


def find_test_files(framework: Framework, paths: Iterable[str]) -> list[str]:
    """``paths`` are relative to the tests' folder. Go, Rust and C++ have tests in that folder only, not below it."""
    patterns = PATTERNS[framework]
    found = [path for path in paths if any(fnmatchcase(path.rpartition("/")[2], each) for each in patterns)]
    return sorted(path for path in found if "/" not in path or framework in _IN_ANY_FOLDER)


def driver_language(paths: Iterable[str]) -> Framework | None:
    """The language of a driver by its main file, which is in the driver's folder itself."""
    names = {path for path in paths if "/" not in path}
    if "main.go" in names:
        return Framework.GO
    if "main.rs" in names:
        return Framework.CARGO
    if any(fnmatchcase(name, each) for name in names for each in CPP_SOURCES):
        return Framework.CPP
    return None
