"""``manifest.json``: what a try was made of, written before it begins."""

from __future__ import annotations

import platform
from contextlib import suppress
from functools import cache
from importlib.metadata import version

from assay.contracts.codec import encode
from assay.contracts.results import MANIFEST, Manifest
from assay.contracts.tasks import SandboxSpec
from assay.sandbox import ProviderUnavailable
from assay.sandbox.selection import AutoProvider
from services.runner.tries.artifacts import JSON, Opened
from services.runner.tries.try_context import Try


async def keep_manifest(attempt: Try, opened: Opened) -> None:
    ticket = attempt.ticket
    manifest = Manifest(
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        project=ticket.project,
        worker_id=attempt.ports.worker_id,
        task_id=ticket.task_id,
        task_digest=ticket.task_digest,
        sample_id=ticket.sample_id,
        repeat=ticket.repeat,
        model=ticket.model,
        solver=ticket.solver,
        limits=ticket.limits,
        price=ticket.price,
        public=ticket.public,
        include_tests=ticket.include_tests,
        install_deps=ticket.install_deps,
        replay=ticket.replay,
        sandbox=opened.task.sandbox,
        provider=await _provider(attempt, opened.task.sandbox),
        versions=_versions(),
    )
    await attempt.kept.keep(MANIFEST, encode(manifest), JSON)


async def _provider(attempt: Try, spec: SandboxSpec) -> str:
    """Empty where no sandbox is needed, or none can be had, which its opening will tell."""
    sandboxes = attempt.ports.sandboxes
    if not attempt.ticket.solver.hands_in_files:
        return ""
    if not isinstance(sandboxes, AutoProvider):
        return sandboxes.name
    with suppress(ProviderUnavailable):
        return (await sandboxes.choose(spec, attempt.ticket.sandbox)).name
    return ""


@cache
def _versions() -> dict[str, str]:
    return {"assay": version("assay"), "python": platform.python_version(), "system": platform.platform(terse=True)}
