"""Reads, reports and writes what `assay import` imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from assay.catalog import Catalog, CatalogError
from assay.catalog.importers.errors import ImportFailed, WouldReplace
from assay.catalog.importers.plan import ImportPlan
from assay.catalog.importers.report import ImportReport, report, report_lines
from assay.catalog.importers.staging import Staged, leave_out, stage, write
from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.errors import BadUsage, CommandFailed
from assay.cli.quantities import count_text
from assay.cli.task_grading import Validation, grade_tasks
from assay.embedded.environment import catalog_folder, with_dotenv


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where to write and how; the options of every format."""

    into: Path | None
    suite: str
    replace: bool
    dry_run: bool
    grade: bool
    json: bool


def import_plan(read: Callable[[], ImportPlan], tag: str, source: Path, destination: Destination) -> None:
    """Raises CommandFailed."""
    try:
        root = _root(destination.into)
        with stage(read(), root, suite=destination.suite, writes=not destination.dry_run) as staged:
            _finish(_graded(staged, destination), tag, source, destination)
    except ImportFailed as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"{error.filename or source}: {error.strerror or error}") from error


def _finish(staged: Staged, tag: str, source: Path, destination: Destination) -> None:
    found = report(staged, tag, str(source))
    if staged.tasks and staged.root != catalog_folder(with_dotenv()):
        found = structs.replace(found, next=f"ASSAY_CATALOG={staged.root} assay up; {found.next}")
    if not destination.json:
        for line in report_lines(found, replaces=destination.replace):
            print_line(line)
    elif not staged.tasks or destination.dry_run:
        print_json(found)
    if not staged.tasks:
        reason = staged.left_out[-1].why if staged.left_out else "it is empty"
        raise ImportFailed(f"{source}: nothing can be imported: {reason}")
    if not destination.dry_run:
        _write(staged, found, destination)
    _tell_end(found, destination)


def _write(staged: Staged, found: ImportReport, destination: Destination) -> None:
    try:
        write(staged, may_replace=destination.replace)
    except WouldReplace:
        if destination.json:
            print_json(found)
        raise


def _tell_end(found: ImportReport, destination: Destination) -> None:
    if destination.json:
        if not destination.dry_run:
            print_json(structs.replace(found, written=True))
        return
    count = len(found.new) + len(found.different)
    suite = f" and the suite {found.suite}" if found.suite else ""
    done = f"wrote {count_text(count, 'task')}{suite}" if count else "nothing to write"
    print_line(f"{'dry run, nothing was written' if destination.dry_run else done}; next: {found.next}")


def _root(into: Path | None) -> Path:
    root = into or catalog_folder(with_dotenv())
    if into is None:
        try:
            Catalog.open(root)
        except CatalogError as error:
            raise BadUsage(error.problem.detail) from error
    elif root.exists() and not root.is_dir():
        raise BadUsage(f"--into: {root} is not a folder")
    return root.absolute()


def _graded(staged: Staged, destination: Destination) -> Staged:
    """With --grade, leaves out the tasks whose own files are graded wrongly."""
    if not destination.grade or not staged.tasks:
        return staged
    states = {each.folder.resolve(): Validation(task=each.task.task_id, ok=True) for each in staged.tasks}
    done: list[str] = []

    def show(validation: Validation) -> None:
        done.append(validation.task)
        print_notice(f"graded {len(done)} of {len(states)}: {validation.task} {'ok' if validation.ok else 'wrong'}")

    return leave_out(staged, _wrong(grade_tasks(states, "auto", show)))


def _wrong(graded: Mapping[Path, Validation]) -> dict[str, str]:
    """By task: why it is not imported."""
    return {each.task: _reason(each) for each in graded.values() if not each.ok}


def _reason(validation: Validation) -> str:
    wrong = [trial.name for trial in validation.trials if not trial.ok]
    if not wrong:
        return f"could not be graded: {validation.error}"
    if "reference" in wrong:
        return "its own solution does not pass its tests in Assay's judge"
    return "its tests give points to a no-op or a cheat"
