"""Evidence: the part of the attempt's output that a judge sees."""

from __future__ import annotations

from assay.contracts.checks.rubric import Rubric
from assay.files import Files, matches
from services.judge.artifacts.outputs import Output
from services.judge.rubric.untrusted_text import cut


def evidence_of(rubric: Rubric, output: Output) -> str:
    """The answer, or the matching files one after the other, within the rubric's limits. Empty if there are none. The
    result contains what the candidate wrote, unchanged."""
    text = output if isinstance(output, str) else _files_text(rubric, output)
    return cut(text, rubric.evidence_bytes)


def _files_text(rubric: Rubric, files: Files) -> str:
    shown = [path for path in sorted(files) if not rubric.files or matches(path, rubric.files)]
    return "\n".join(f"file {path!r}:\n{_content(files[path], rubric.file_bytes)}" for path in shown)


def _content(data: bytes, max_bytes: int) -> str:
    if b"\0" in data[:8000]:
        return f"[{len(data):,} bytes that are not text]"
    return cut(data.decode("utf-8", "replace"), max_bytes)
