"""One execution of hidden tests: its input and its log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.contracts.frameworks import Framework
from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox import ResourceUse


@dataclass(frozen=True, kw_only=True, slots=True)
class TestRun:
    """``tests`` are the hidden files by path, ``files`` the submitted ones, ``paths`` those and the declared outputs,
    ``modules`` the names of submitted Python modules, and ``driver`` the files of the task's driver. ``sandbox_kind``
    is what the attempt's run, ``run_id``, requests; empty for any."""

    __test__ = False

    tests: Files
    files: Files
    paths: Sequence[str] = ()
    modules: Sequence[str] = ()
    framework: Framework = Framework.PYTEST
    driver: Files = field(default_factory=dict[str, bytes])
    build: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    sandbox: SandboxSpec
    sandbox_kind: str = ""
    run_id: str = ""


@dataclass(kw_only=True, slots=True)
class TestRunLog:
    """``records`` come from our pytest plugin, ``candidate_output`` is what the candidate printed. ``abort_reason``
    is empty if the tests ran to their end. ``dropped_bytes`` were printed and are not kept. ``warning`` is set if they
    were not isolated. ``used`` is what the candidate used, ``call_timeouts`` counts
    its calls that did not return in time, and ``endings`` says how candidates ended that were not stopped."""

    __test__ = False

    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    candidate_output: bytes = b""
    dropped_bytes: int = 0
    abort_reason: str = ""
    warning: str = ""
    used: ResourceUse = field(default_factory=ResourceUse)
    call_timeouts: int = 0
    endings: list[str] = field(default_factory=list[str])
