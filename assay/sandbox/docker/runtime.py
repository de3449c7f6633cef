"""Runtimes known to let code out of a container: nothing is started on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIXED = (1, 1, 12)
"""runc's release that closed CVE-2024-21626: a descriptor of the host's root, left open in the container."""
_MENDED_BUILDS = ("+deb",)
"""Marks of distributions that mend old releases without renaming them."""


def weakness(info: Mapping[str, Any]) -> str:
    """Why the daemon that says this of itself cannot be trusted with a sandbox; empty if it can."""
    if str(info.get("OSType", "linux")) != "linux":
        return f"the Docker daemon makes containers of {info.get('OSType')}, and sandboxes need Linux"
    if "name=seccomp" not in " ".join(map(str, info.get("SecurityOptions") or [])):
        return "the Docker daemon does not filter system calls: its kernel lacks seccomp"
    return _old_runc(info)


def _old_runc(info: Mapping[str, Any]) -> str:
    version = _runc_version(info)
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if info.get("DefaultRuntime", "runc") != "runc" or not numbers or any(mark in version for mark in _MENDED_BUILDS):
        return ""
    if tuple(map(int, numbers.groups())) >= _FIXED:
        return ""
    wanted = ".".join(map(str, _FIXED))
    return f"runc {version} lets code out of containers (CVE-2024-21626): update it to {wanted} or newer"


def _runc_version(info: Mapping[str, Any]) -> str:
    """Some daemons say a commit instead, from which nothing can be told."""
    return str((info.get("RuncCommit") or {}).get("ID", ""))
