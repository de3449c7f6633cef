"""Chooses the programs of a test run by its framework."""

from __future__ import annotations

import msgspec

from assay.contracts.frameworks import Framework
from assay.contracts.sandboxspec import Place
from services.judge.bridge.builds.builder import Builder
from services.judge.bridge.driver_programs import driver_programs
from services.judge.bridge.node_programs import node_programs
from services.judge.bridge.programs import Places, TestPrograms
from services.judge.bridge.pytest_programs import pytest_programs
from services.judge.bridge.test_run import TestRun

_JAVASCRIPT = (Framework.NODE, Framework.HTML)


async def make_programs(run: TestRun, call_seconds: float, builder: Builder) -> TestPrograms:
    """Compiles what has to be. Raises CompileFailed if the submission does not compile."""
    spec = msgspec.structs.replace(run.sandbox, network=False)
    places = Places(candidate=spec.at(Place.CANDIDATE), tests=spec.at(Place.TESTS))
    if run.framework in _JAVASCRIPT:
        return node_programs(run, places, call_seconds)
    if run.driver or run.framework is not Framework.PYTEST:
        return await driver_programs(run, places, call_seconds, builder)
    return pytest_programs(run, places, call_seconds)
