"""Mistakes in the catalogue, as notices on stderr."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assay.cli.display.output import print_notice
from assay.cli.quantities import count_text
from assay.contracts.catalog import CatalogMistake, CatalogPart

_MAX_LISTED = 20


def print_broken(mistakes: Sequence[CatalogMistake], parts: Collection[CatalogPart], noun: str) -> None:
    """Says which tasks or suites are left out, and why."""
    listed = [mistake for mistake in mistakes if mistake.part in parts]
    if not listed:
        return
    broken = len({(mistake.part, mistake.name) for mistake in listed})
    verb = "is" if broken == 1 else "are"
    print_notice(f"{count_text(broken, noun)} {verb} broken and cannot be used:")
    for mistake in listed[:_MAX_LISTED]:
        print_notice(f"  {mistake_line(mistake)}")
    if len(listed) > _MAX_LISTED:
        print_notice(f"  and {len(listed) - _MAX_LISTED} more mistakes; `assay tasks validate` lists all")


def mistake_line(mistake: CatalogMistake) -> str:
    """``catalog/tasks/clamp/task.yaml:10: checks[0].kind: unknown check 'test'; did you mean 'tests'?``."""
    from assay.validation.did_you_mean import with_suggestion

    place = f"{mistake.file}:{mistake.line}" if mistake.line else mistake.file
    message = with_suggestion(mistake.message, mistake.near)
    return f"{place}: {mistake.where}: {message}" if mistake.where else f"{place}: {message}"
