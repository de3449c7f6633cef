"""Imports of submitted modules in the tests' process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Protocol


class ModuleSource(Protocol):
    def module(self, name: str) -> ModuleType: ...


class CandidateFinder(MetaPathFinder, Loader):
    """Comes last, so that no submitted file can replace a module of Python, pytest or the tests."""

    def __init__(self, link: ModuleSource, names: Sequence[str]) -> None:
        self._link, self._names = link, frozenset(names)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in self._names:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._link.module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        return None


def install(link: ModuleSource, names: Sequence[str]) -> None:
    sys.meta_path.append(CandidateFinder(link, names))
