"""Connects a command to its gateway and turns the gateway's problems into the command's errors."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from assay.cli.errors import BadUsage, CommandFailed
from assay.client import AssayClient, ClientError
from assay.contracts.problems import Problem, ProblemError
from assay.embedded.data_folder import DataFolder
from assay.embedded.environment import with_dotenv
from assay.embedded.process_identity import find_process

T = TypeVar("T")
_USAGE_STATUS = (400, 404, 409, 422)
NO_SERVER = "no server is running here; start one with `assay up` (or `assay demo`), or set --server or ASSAY_URL"

_LISTINGS = {
    "unknown_run": "`assay runs list` lists all runs",
    "unknown_attempt": "`assay runs show RUN` lists a run's attempts",
    "unknown_task": "`assay tasks list` lists all tasks",
    "unknown_suite": "`assay suites list` lists all suites",
    "unknown_model": "`assay models list` lists models",
}
"""By a problem's code."""


def local_stack_address(data: Path | None = None) -> str:
    """The address of the stack that uses this data folder; empty when none is running."""
    folder = DataFolder(data or Path(os.environ.get("ASSAY_DATA") or ".assay"))
    stack = folder.read_state()
    alive = stack.supervisor is not None and find_process(stack.supervisor) is not None
    return stack.address if alive else ""


@asynccontextmanager
async def connected(server: str, timeout_seconds: float = 60.0) -> AsyncGenerator[AssayClient]:
    """A client of ``server``, or of the local stack when empty. Raises CommandFailed for the client's errors."""
    address = server or local_stack_address()
    if not address:
        raise CommandFailed(NO_SERVER)
    try:
        async with AssayClient(address, with_dotenv().get("ASSAY_TOKEN", ""), timeout_seconds) as client:
            yield client
    except ProblemError as refusal:
        kind = BadUsage if refusal.problem.status in _USAGE_STATUS else CommandFailed
        raise kind(problem_text(refusal.problem), refusal.problem) from refusal
    except ClientError as error:
        raise CommandFailed(str(error)) from error


def call(server: str, request: Callable[[AssayClient], Awaitable[T]], timeout_seconds: float = 60.0) -> T:
    """The result of one request, or of several in one coroutine."""

    async def run() -> T:
        async with connected(server, timeout_seconds) as client:
            return await request(client)

    return asyncio.run(run())


def problem_text(problem: Problem) -> str:
    """The title, then every invalid field with its suggestion, or the detail. If the only message repeats the title, it
    is shown alone, with the command that lists what there is."""
    from assay.validation.did_you_mean import with_suggestion  # the catalogue takes 40 ms to import

    messages = [with_suggestion(error.message, error.near) for error in problem.errors]
    if len(messages) == 1 and messages[0].casefold().startswith(problem.title.casefold()):
        listing = _LISTINGS.get(problem.code, "")
        return messages[0] if problem.errors[0].near or not listing else f"{messages[0]}; {listing}"
    fields = [f"{error.where}: {message}" for error, message in zip(problem.errors, messages, strict=True)]
    return "\n  ".join([problem.title, *(fields or filter(None, [problem.detail]))])
