"""Which Docker daemons are fit to hold anything in."""

from __future__ import annotations

import pytest

from assay.sandbox.docker.runtime import weakness

SOUND = {"OSType": "linux", "SecurityOptions": ["name=seccomp,profile=default"], "DefaultRuntime": "runc"}


@pytest.mark.parametrize("version", ["1.1.12", "1.2.5", "v1.3.0-rc.1", "2.0.0", "1.1.5+ds1-1+deb12u1", "", "4fccb38a"])
def test_runtimes_that_hold(version: str) -> None:
    assert weakness(SOUND | {"RuncCommit": {"ID": version}}) == ""


@pytest.mark.parametrize("version", ["1.1.11", "1.1.5", "v1.0.0-rc93", "0.1.1"])
def test_runtimes_that_let_code_out_are_refused_by_version(version: str) -> None:
    found = weakness(SOUND | {"RuncCommit": {"ID": version}})
    assert version in found and "1.1.12" in found


def test_another_runtime_is_not_judged_by_runcs_version() -> None:
    assert weakness(SOUND | {"DefaultRuntime": "runsc", "RuncCommit": {"ID": "1.0.0"}}) == ""


def test_a_daemon_that_cannot_filter_calls_is_refused() -> None:
    assert "seccomp" in weakness(SOUND | {"SecurityOptions": []})


def test_a_daemon_of_another_system_is_refused() -> None:
    assert "windows" in weakness(SOUND | {"OSType": "windows"})
