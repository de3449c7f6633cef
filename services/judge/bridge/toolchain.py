"""Whether a sandbox has the programs that a framework needs. Asked before any submitted code runs in it, so that no
answer can be forged."""

from __future__ import annotations

from collections.abc import Sequence

from assay.sandbox import Command, ProgramMissing, Sandbox

POLYGLOT_IMAGE = "assay/sandbox-polyglot:latest"
_PACKAGES = {
    "node": "nodejs",
    "go": "golang-go",
    "rustc": "rustc",
    "cc": "gcc",
    "g++": "g++",
    "gtest": "libgtest-dev",
}
"""Debian's package of each program."""
_PROBES = {"gtest": "echo '#include <gtest/gtest.h>' | g++ -x c++ -E -o /dev/null -"}
"""How to find what is no program."""


async def ensure_programs(sandbox: Sandbox, required: Sequence[str]) -> None:
    """Raises ProgramMissing for the first program that the sandbox does not have."""
    for program in required:
        probe = _PROBES.get(program, 'command -v "$0"')
        found = await sandbox.run(Command(argv=["sh", "-c", probe, program]))
        if found.exit_code != 0:
            package = _PACKAGES.get(program, program)
            raise ProgramMissing(
                f"the judge's sandbox has no {program}, which the hidden tests need: set "
                f"`sandbox: {{image: {POLYGLOT_IMAGE}}}` in the task, or install {package} on the judge's host"
            )
