"""Runs the ticket's solver, or a baseline."""

from __future__ import annotations

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Malformed, decode
from assay.contracts.models import BASELINES
from assay.contracts.tasks import ReferenceTask, Solver
from assay.files import Files
from services.runner.errors import TaskUnusable
from services.runner.solvers import agent, answer, command, files
from services.runner.solvers.answer_parser import FilesAnswer
from services.runner.solvers.baselines import baseline_answer, baseline_files
from services.runner.task_bundles import TaskBundle, unpack_bundle
from services.runner.tries.artifacts import write_task
from services.runner.tries.manifest import write_manifest
from services.runner.tries.try_context import TryContext

_SOLVERS = {Solver.ANSWER: answer, Solver.FILES: files, Solver.AGENT: agent, Solver.COMMAND: command}


async def solve(try_: TryContext) -> ArtifactRef:
    """The output: the answer's text, or a bundle of the declared outputs. The clock does not run while the task is
    fetched."""
    ticket = try_.ticket
    bundle = await try_.ports.bundles.open(ticket.public)
    try_.evaluation = bundle.task.evaluation
    await write_task(try_.artifacts, bundle, ticket)
    await write_manifest(try_, bundle)
    if ticket.replay:
        try_.responses = await try_.ports.bundles.responses(ticket.replay)
    if ticket.model.name in BASELINES:
        return await _run_baseline(try_, bundle)
    async with try_.clock:
        return await _SOLVERS[ticket.solver].solve(try_, bundle)


async def _run_baseline(try_: TryContext, bundle: TaskBundle) -> ArtifactRef:
    name = try_.ticket.model.name
    task, reference = await _reference(try_)
    async with try_.clock:
        if try_.ticket.solver is Solver.ANSWER:
            return await answer.write_answer(try_, baseline_answer(name, task, try_.ticket.sample_id))
        return await files.apply_answer(try_, bundle, FilesAnswer(files=baseline_files(name, reference)))


async def _reference(try_: TryContext) -> tuple[ReferenceTask, Files]:
    ref = try_.ticket.reference
    if ref is None:
        raise TaskUnusable(f"the ticket names no reference bundle, which {try_.ticket.model.name!r} needs")
    bundle = unpack_bundle(await try_.ports.reference.get(ref))
    try:
        return decode(ReferenceTask, bundle["reference.json"]), bundle
    except (KeyError, Malformed) as error:
        raise TaskUnusable(f"the reference bundle has no readable reference.json: {error}") from error
