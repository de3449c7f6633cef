"""Refuses Docker daemons whose runtime is known to let code escape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIRST_SAFE_RUNC = (1, 1, 12)
"""runc's release that fixed CVE-2024-21626: a descriptor of the host's root directory was left open in the
container."""
_PATCHED_BUILDS = ("+deb",)
"""Marks of distributions that patch old releases without changing their version."""


def unsafe_reason(info: Mapping[str, Any]) -> str:
    """Why a daemon with this info must not run sandboxes; empty if it may."""
    if str(info.get("OSType", "linux")) != "linux":
        return f"the Docker daemon runs {info.get('OSType')} containers, and sandboxes need Linux"
    if "name=seccomp" not in " ".join(map(str, info.get("SecurityOptions") or [])):
        return "the Docker daemon has no seccomp, so system calls cannot be filtered"
    return _runc_problem(info)


def _runc_problem(info: Mapping[str, Any]) -> str:
    version = _runc_version(info)
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if info.get("DefaultRuntime", "runc") != "runc" or not numbers or any(mark in version for mark in _PATCHED_BUILDS):
        return ""
    if tuple(map(int, numbers.groups())) >= _FIRST_SAFE_RUNC:
        return ""
    required = ".".join(map(str, _FIRST_SAFE_RUNC))
    return f"runc {version} lets code escape from containers (CVE-2024-21626): update it to {required} or newer"


def _runc_version(info: Mapping[str, Any]) -> str:
    """Some daemons report a commit instead, which is not checked."""
    return str((info.get("RuncCommit") or {}).get("ID", ""))
