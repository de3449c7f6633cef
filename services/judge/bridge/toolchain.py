"""Whether a sandbox has the programs that a framework needs. Asked before any submitted code runs in it, so that no
answer can be forged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.sandbox import Command, ProgramMissing, Sandbox

POLYGLOT_IMAGE = "assay/sandbox-polyglot:latest"


@dataclass(frozen=True, kw_only=True)
class _Requirement:
    """``probe`` is a shell command that succeeds if the sandbox has ``title``; ``package`` is Debian's."""

    title: str
    probe: str
    package: str


_REQUIREMENTS = {
    "node": _Requirement(
        title="Node.js 20 or newer",
        probe="node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'",
        package="nodejs",
    ),
    "go": _Requirement(
        title="Go 1.21 or newer",
        probe=r"go version | grep -Eq ' go1\.(2[1-9]|[3-9][0-9])'",
        package="golang-go",
    ),
    "rustc": _Requirement(
        title="Rust 1.70 or newer",
        probe=r"rustc --version | grep -Eq '^rustc 1\.([7-9][0-9]|[1-9][0-9]{2})\.'",
        package="rustc",
    ),
    "cc": _Requirement(title="a C compiler, with which Rust links", probe="command -v cc", package="gcc"),
    "g++": _Requirement(title="g++", probe="command -v g++", package="g++"),
    "gtest": _Requirement(
        title="GoogleTest",
        probe="echo '#include <gtest/gtest.h>' | g++ -x c++ -E -o /dev/null -",
        package="libgtest-dev",
    ),
}


async def ensure_programs(sandbox: Sandbox, required: Sequence[str]) -> None:
    """Raises ProgramMissing for the first program that the sandbox does not have."""
    for name in required:
        wanted = _REQUIREMENTS[name]
        found = await sandbox.run(Command(argv=["sh", "-c", wanted.probe]))
        if found.exit_code != 0:
            raise ProgramMissing(
                f"the hidden tests need {wanted.title}, which the judge's sandbox does not have: set "
                f"`sandbox: {{image: {POLYGLOT_IMAGE}}}` in the task, or install {wanted.package} on the judge's host"
            )
