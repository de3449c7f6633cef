"""What an attempt handed in, as data: an answer's text, or the declared files and no others."""

from __future__ import annotations

from assay.artifacts import ArtifactPermanent, ArtifactRetryable, unpack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.tasks import HiddenTask, Solver
from assay.files import Files, FilesRefused, matches
from services.judge.errors import OutputLost, StoreSilent
from services.judge.hidden import Fetch

MAX_ANSWER_BYTES = 1_000_000
MAX_BUNDLE_BYTES = 64 * 1024 * 1024
Output = str | Files
"""The answer's text, or files by path."""


class OutputRefused(Exception):
    """The attempt's own fault: its verdict is ``failed``, and the text says why."""


async def fetch_output(task: HiddenTask, ref: ArtifactRef | None, store: Fetch) -> Output:
    """Raises OutputRefused for what cannot be graded, OutputLost or StoreSilent where the store is at fault."""
    most = MAX_ANSWER_BYTES if task.solver is Solver.ANSWER else MAX_BUNDLE_BYTES
    if ref is None:
        raise OutputRefused("nothing was handed in")
    if ref.size_bytes > most:
        raise OutputRefused(f"{ref.size_bytes} bytes were handed in, more than the {most} that are graded")
    try:
        return read_output(task, await store.get(ref))
    except ArtifactRetryable as error:
        raise StoreSilent(f"output {ref.sha256[:12]}: {error}") from error
    except ArtifactPermanent as error:
        raise OutputLost(f"output {ref.sha256[:12]}: {error}") from error


def read_output(task: HiddenTask, data: bytes) -> Output:
    """An answer in whatever bytes, those that are no UTF-8 replaced; of files those that the task declares, the others
    dropped. Raises OutputRefused for what is no bundle, or has unsound paths."""
    if task.solver is Solver.ANSWER:
        return data.decode("utf-8", "replace")
    try:
        files = unpack(data)
    except FilesRefused as error:
        raise OutputRefused(f"the files handed in are refused: {error}") from error
    return {path: content for path, content in files.items() if matches(path, task.outputs)}
