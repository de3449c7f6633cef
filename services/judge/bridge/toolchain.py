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
}
"""Debian's package of each program."""


async def ensure_programs(sandbox: Sandbox, required: Sequence[str]) -> None:
    """Raises ProgramMissing for the first program that the sandbox does not have."""
    for program in required:
        found = await sandbox.run(Command(argv=["sh", "-c", 'command -v "$0"', program]))
        if found.exit_code != 0:
            package = _PACKAGES.get(program, program)
            raise ProgramMissing(
                f"the judge's sandbox has no program {program!r}, which the hidden tests need: set "
                f"`sandbox: {{image: {POLYGLOT_IMAGE}}}` in the task, or install {package} on the judge's host"
            )
