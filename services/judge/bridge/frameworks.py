"""Chooses the programs of a test run by its framework."""

from __future__ import annotations

import msgspec

from assay.contracts.sandboxspec import Place
from assay.contracts.tasks import Framework
from services.judge.bridge.node_programs import node_programs
from services.judge.bridge.programs import TestPrograms
from services.judge.bridge.pytest_programs import pytest_programs
from services.judge.bridge.test_run import TestRun


def test_programs(run: TestRun, call_seconds: float) -> TestPrograms:
    spec = msgspec.structs.replace(run.sandbox, network=False)
    make = node_programs if run.framework is Framework.NODE else pytest_programs
    return make(run, spec.at(Place.CANDIDATE), spec.at(Place.TESTS), call_seconds)
