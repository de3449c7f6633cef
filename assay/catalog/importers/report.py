"""What an import does, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.catalog.importers.plan import LeftOut
from assay.catalog.importers.staging import Staged, TaskState
from assay.contracts.codec import Data

MAX_EXAMPLES = 3


class LeftOutGroup(Data, frozen=True, kw_only=True):
    """Everything that was left out for one reason."""

    why: str
    count: int
    examples: tuple[str, ...]


class ImportReport(Data, frozen=True, kw_only=True):
    """Ids of tasks by what becomes of them; ``next`` is a command. ``written``: not a dry run, and not refused."""

    format: str
    source: str
    catalog: str
    new: tuple[str, ...]
    unchanged: tuple[str, ...]
    different: tuple[str, ...]
    suite: str = ""
    left_out: tuple[LeftOutGroup, ...] = ()
    notes: tuple[str, ...] = ()
    next: str = ""
    written: bool = False


def report(staged: Staged, tag: str, source: str) -> ImportReport:
    suite = staged.suite.suite_id if staged.suite else ""
    return ImportReport(
        format=tag,
        source=shown(source),
        catalog=shown(str(staged.root)),
        new=staged.ids(TaskState.NEW),
        unchanged=staged.ids(TaskState.UNCHANGED),
        different=staged.ids(TaskState.DIFFERENT),
        suite=suite,
        left_out=grouped(staged.left_out),
        notes=tuple(map(shown, staged.notes)),
        next=_next(staged, suite),
    )


def shown(text: str) -> str:
    """Text that can be encoded, whatever a file or column is called."""
    return text.encode("utf-8", "backslashreplace").decode()


def grouped(left_out: Sequence[LeftOut]) -> tuple[LeftOutGroup, ...]:
    """By reason, the most frequent first."""
    places: dict[str, list[str]] = {}
    for each in left_out:
        places.setdefault(shown(each.why), []).append(shown(each.what))
    groups = [
        LeftOutGroup(why=why, count=len(found), examples=tuple(found[:MAX_EXAMPLES])) for why, found in places.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.count))


def report_lines(found: ImportReport, *, replaces: bool) -> Iterator[str]:
    """``replaces``: tasks with other content are replaced instead of refused."""
    different = "replaced" if replaces else "different from what exists"
    yield (
        f"{found.format} from {found.source} into {found.catalog}: {len(found.new)} new, "
        f"{len(found.unchanged)} unchanged, {len(found.different)} {different}"
    )
    for name, ids in (("new", found.new), (different, found.different)):
        if ids:
            more = f" and {len(ids) - 10} more" if len(ids) > 10 else ""
            yield f"  {name}: {', '.join(ids[:10])}{more}"
    for note in found.notes:
        yield f"  note: {note}"
    for group in found.left_out:
        more = ", ..." if group.count > len(group.examples) else ""
        yield f"  left out, {group.count}: {group.why} ({', '.join(group.examples)}{more})"


def _next(staged: Staged, suite: str) -> str:
    if not staged.tasks:
        return ""
    return f"assay run {f'--suite {suite}' if suite else f'--task {staged.tasks[0].task.task_id}'} --model NAME"
