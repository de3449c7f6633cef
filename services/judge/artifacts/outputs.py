"""The attempt's output as data: an answer's text, or the declared files only."""

from __future__ import annotations

from assay.artifacts import ArtifactPermanent, ArtifactRetryable, unpack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.tasks import HiddenTask, Solver
from assay.files import Files, FilesRefused, matches
from services.judge.artifacts.hidden_bundles import ArtifactReader
from services.judge.errors import OutputMissing, StoreUnavailable

MAX_ANSWER_BYTES = 1_000_000
MAX_BUNDLE_BYTES = 64 * 1024 * 1024
Output = str | Files
"""An answer's text, or files by path."""


class OutputRefused(Exception):
    """The attempt is at fault: its verdict is ``failed`` with this message as reason."""


async def fetch_output(task: HiddenTask, ref: ArtifactRef | None, store: ArtifactReader) -> Output:
    """Raises OutputRefused for an output that cannot be graded, OutputMissing or StoreUnavailable if the store
    fails."""
    max_bytes = MAX_ANSWER_BYTES if task.solver is Solver.ANSWER else MAX_BUNDLE_BYTES
    if ref is None:
        raise OutputRefused("nothing was submitted")
    if ref.size_bytes > max_bytes:
        raise OutputRefused(f"{ref.size_bytes} bytes were submitted, more than the {max_bytes} allowed")
    try:
        return read_output(task, await store.get(ref))
    except ArtifactRetryable as error:
        raise StoreUnavailable(f"output {ref.sha256[:12]}: {error}") from error
    except ArtifactPermanent as error:
        raise OutputMissing(f"output {ref.sha256[:12]}: {error}") from error


def read_output(task: HiddenTask, data: bytes) -> Output:
    """For an answer, invalid UTF-8 is replaced; for files, undeclared ones are dropped. Raises OutputRefused for a
    malformed bundle or unsafe paths."""
    if task.solver is Solver.ANSWER:
        return data.decode("utf-8", "replace")
    try:
        files = unpack(data)
    except FilesRefused as error:
        raise OutputRefused(f"the submitted files are refused: {error}") from error
    return {path: content for path, content in files.items() if matches(path, task.outputs)}
