"""Which solver makes the try, and whether a model is asked at all."""

from __future__ import annotations

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Malformed, decode
from assay.contracts.files import Files
from assay.contracts.tasks import ReferenceTask, Solver
from services.runner.errors import TaskUnusable
from services.runner.solvers import agent, answer, command, files, nop, oracle
from services.runner.solvers.answer_parser import FilesAnswer
from services.runner.tries.artifacts import unpack_bundle, write_task
from services.runner.tries.manifest import write_manifest
from services.runner.tries.try_context import TryContext

BASELINES = (oracle.NAME, nop.NAME)
_SOLVERS = {Solver.ANSWER: answer, Solver.FILES: files, Solver.AGENT: agent, Solver.COMMAND: command}


async def solve(try_: TryContext) -> ArtifactRef:
    """What is handed in: the answer's text, or a bundle of the declared outputs. Fetching the task is not on
    the attempt's clock."""
    opened = await try_.ports.bundles.open(try_.ticket.public)
    await write_task(try_.artifacts, opened, try_.ticket)
    await write_manifest(try_, opened)
    if try_.ticket.replay:
        try_.responses = await try_.ports.bundles.responses(try_.ticket.replay)
    solver = _SOLVERS[try_.ticket.solver]
    if try_.ticket.model.name not in BASELINES:
        async with try_.clock:
            return await solver.solve(try_, opened)
    task, bundle = await _reference(try_)
    async with try_.clock:
        if solver is answer:
            return await answer.write_answer(try_, _answer(try_, task))
        return await files.apply_answer(try_, opened, FilesAnswer(files=_files(try_, bundle)))


def _answer(try_: TryContext, task: ReferenceTask) -> str:
    if try_.ticket.model.name == oracle.NAME:
        return oracle.answer(task, try_.ticket.sample_id)
    return nop.answer(task)


def _files(try_: TryContext, bundle: Files) -> Files:
    return oracle.files(bundle) if try_.ticket.model.name == oracle.NAME else nop.files(bundle)


async def _reference(try_: TryContext) -> tuple[ReferenceTask, Files]:
    ref = try_.ticket.reference
    if ref is None:
        raise TaskUnusable(f"the ticket names no reference bundle, which {try_.ticket.model.name!r} needs")
    bundle = unpack_bundle(await try_.ports.reference.get(ref))
    try:
        return decode(ReferenceTask, bundle["reference.json"]), bundle
    except (KeyError, Malformed) as error:
        raise TaskUnusable(f"the reference bundle has no readable reference.json: {error}") from error
