"""``manifest.json``: the inputs of a try, written before it begins."""

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
from services.runner.task_bundles import TaskBundle
from services.runner.tries.artifacts import JSON
from services.runner.tries.try_context import TryContext


async def write_manifest(try_: TryContext, bundle: TaskBundle) -> None:
    ticket = try_.ticket
    manifest = Manifest(
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        project=ticket.project,
        worker_id=try_.ports.worker_id,
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
        sandbox=bundle.task.sandbox,
        provider=await _provider(try_, bundle.task.sandbox),
        versions=_versions(),
    )
    await try_.artifacts.write(MANIFEST, encode(manifest), JSON)


async def _provider(try_: TryContext, spec: SandboxSpec) -> str:
    """The kind of sandbox. Empty if the solver needs none, or if none is available, which opening it will report."""
    sandboxes = try_.ports.sandboxes
    if not try_.ticket.solver.hands_in_files:
        return ""
    if not isinstance(sandboxes, AutoProvider):
        return sandboxes.name
    with suppress(ProviderUnavailable):
        return (await sandboxes.choose(spec, try_.ticket.sandbox)).name
    return ""


@cache
def _versions() -> dict[str, str]:
    return {"assay": version("assay"), "python": platform.python_version(), "system": platform.platform(terse=True)}
