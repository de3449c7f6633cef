"""Which solver makes the try, and whether a model is asked at all."""

from __future__ import annotations

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Malformed, decode
from assay.contracts.tasks import ReferenceTask, Solver
from assay.files import Files
from services.runner.errors import TaskUnusable
from services.runner.solvers import agent, answer, command, files, nop, oracle
from services.runner.solvers.answer_parser import FilesAnswer
from services.runner.tries.artifacts import keep_task, read_bundle
from services.runner.tries.manifest import keep_manifest
from services.runner.tries.try_context import Try

BASELINES = (oracle.NAME, nop.NAME)
_SOLVERS = {Solver.ANSWER: answer, Solver.FILES: files, Solver.AGENT: agent, Solver.COMMAND: command}


async def solve(attempt: Try) -> ArtifactRef:
    """What is handed in: the answer's text, or a bundle of the declared outputs. Fetching the task is not on
    the attempt's clock."""
    opened = await attempt.ports.bundles.open(attempt.ticket.public)
    await keep_task(attempt.kept, opened, attempt.ticket)
    await keep_manifest(attempt, opened)
    if attempt.ticket.replay:
        attempt.replayed = await attempt.ports.bundles.responses(attempt.ticket.replay)
    solver = _SOLVERS[attempt.ticket.solver]
    if attempt.ticket.model.name not in BASELINES:
        async with attempt.clock:
            return await solver.solve(attempt, opened)
    task, bundle = await _reference(attempt)
    async with attempt.clock:
        if solver is answer:
            return await answer.hand_in(attempt, _answer(attempt, task))
        return await files.hand_in(attempt, opened, FilesAnswer(files=_files(attempt, bundle)))


def _answer(attempt: Try, task: ReferenceTask) -> str:
    if attempt.ticket.model.name == oracle.NAME:
        return oracle.answer(task, attempt.ticket.sample_id)
    return nop.answer(task)


def _files(attempt: Try, bundle: Files) -> Files:
    return oracle.files(bundle) if attempt.ticket.model.name == oracle.NAME else nop.files(bundle)


async def _reference(attempt: Try) -> tuple[ReferenceTask, Files]:
    ref = attempt.ticket.reference
    if ref is None:
        raise TaskUnusable(f"the ticket names no reference bundle, which {attempt.ticket.model.name!r} needs")
    bundle = read_bundle(await attempt.ports.reference.get(ref))
    try:
        return decode(ReferenceTask, bundle["reference.json"]), bundle
    except (KeyError, Malformed) as error:
        raise TaskUnusable(f"the reference bundle has no readable reference.json: {error}") from error
