"""``assay run --dry-run``: the prompts a run would send, and its quote."""

from __future__ import annotations

from collections.abc import Iterator

from assay.cli.display.output import print_json, print_line
from assay.cli.display.prompt_text import prompt_lines
from assay.cli.display.run_text import problem_lines, quote_line
from assay.cli.quantities import count_text
from assay.cli.server import call
from assay.contracts.rpc import AttemptPreview, RunPreview
from assay.contracts.runs import RunRequest


def preview(request: RunRequest, server: str, json: bool) -> None:
    found = call(server, lambda client: client.preview(request))
    if json:
        print_json(found)
        return
    for line in _lines(found):
        print_line(line)


def _lines(found: RunPreview) -> Iterator[str]:
    for each in found.prompts:
        yield from _attempt(each)
    if found.more:
        yield f"\n{count_text(found.more, 'more prompt')} not shown; narrow the run with --samples or --task"
    yield f"\n{quote_line(found.quote)}"
    yield from (f"note: {note}" for note in found.quote.notes)
    yield from problem_lines(found.quote)
    if found.quote.refusal:
        yield f"the run would be refused: {found.quote.refusal}"
    yield "dry run: no model was called and no run was stored"


def _attempt(each: AttemptPreview) -> Iterator[str]:
    prompt = each.prompt
    yield f"\n--- task {each.task_id}, sample {each.sample_id}, for {', '.join(each.models)}"
    if prompt.note:
        yield prompt.note
    if prompt.tools:
        yield f"tools: {', '.join(prompt.tools)}"
    yield from prompt_lines(prompt.messages)
    if prompt.truncated:
        yield "... (truncated)"
