"""Which server a command talks to, and how its refusals become a command's."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from assay.cli.errors import BadUsage, CommandFailed
from assay.client import AssayClient, ClientError
from assay.contracts.problems import Problem, ProblemError
from assay.embedded.environment import with_dotenv
from assay.embedded.folder import DataFolder
from assay.embedded.identity import find

_USAGE_STATUS = (400, 404, 409, 422)
NO_SERVER = (
    "no server is running here: start one with `assay up` (or `assay demo`), or name one with --server or ASSAY_URL"
)


def local_stack_address(data: Path | None = None) -> str:
    """The address of the stack in a data folder; empty when none runs."""
    folder = DataFolder(data or Path(os.environ.get("ASSAY_DATA") or ".assay"))
    stack = folder.read_stack()
    alive = stack.supervisor is not None and find(stack.supervisor) is not None
    return stack.address if alive else ""


@asynccontextmanager
async def connected(server: str, timeout_seconds: float = 60.0) -> AsyncGenerator[AssayClient]:
    """A client of the named server, or else of the stack running here. Its errors come out as CommandFailed."""
    address = server or local_stack_address()
    if not address:
        raise CommandFailed(NO_SERVER)
    try:
        async with AssayClient(address, with_dotenv().get("ASSAY_TOKEN", ""), timeout_seconds) as client:
            yield client
    except ProblemError as refusal:
        kind = BadUsage if refusal.problem.status in _USAGE_STATUS else CommandFailed
        raise kind(problem_text(refusal.problem)) from refusal
    except ClientError as error:
        raise CommandFailed(str(error)) from error


def problem_text(problem: Problem) -> str:
    """A problem in words: each wrong place with its near match, or the detail."""
    places = [
        f"{error.where}: {error.message}" + (f"; did you mean {error.near!r}?" if error.near else "")
        for error in problem.errors
    ]
    details = places or ([problem.detail] if problem.detail else [])
    return "\n  ".join([problem.title, *details])
