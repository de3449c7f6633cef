"""A suite that lists the imported tasks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assay.catalog.errors import InvalidCatalog
from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.manifest_yaml import manifest_yaml, printable_text
from assay.catalog.suites import load_suite


@dataclass(frozen=True, kw_only=True, slots=True)
class StagedSuite:
    """``file`` is to be moved to ``target``."""

    suite_id: str
    title: str
    task_ids: tuple[str, ...]
    file: Path
    target: Path

    @property
    def content(self) -> bytes:
        return manifest_yaml({"id": self.suite_id, "title": self.title, "tasks": list(self.task_ids)})

    @property
    def unchanged(self) -> bool:
        return self.target.is_file() and self.target.read_bytes() == self.content

    @property
    def differs(self) -> bool:
        return (self.target.exists() or self.target.is_symlink()) and not self.unchanged

    def without(self, task_ids: Collection[str]) -> StagedSuite:
        return replace(self, task_ids=tuple(each for each in self.task_ids if each not in task_ids))


def stage_suite(suite_id: str, title: str, task_ids: Sequence[str], root: Path, temporary: Path) -> StagedSuite | None:
    """None without an id. Raises ImportFailed if the suite is not valid."""
    if not suite_id or not task_ids:
        return None
    name = f"{suite_id}.yaml"
    if "/" in suite_id or "\0" in suite_id:
        raise ImportFailed(f"--suite: {suite_id!r} is not an id; use lower-case letters, digits, _ and -")
    staged = StagedSuite(
        suite_id=suite_id,
        title=printable_text(title)[:200],
        task_ids=tuple(task_ids),
        file=temporary / name,
        target=root / "suites" / name,
    )
    staged.file.write_bytes(staged.content)
    try:
        load_suite(staged.file, name, dict.fromkeys(task_ids, "imported"))
    except InvalidCatalog as error:
        raise ImportFailed(f"--suite: {error.mistakes[0]}") from error
    return staged


def write_suite(staged: StagedSuite) -> None:
    if staged.unchanged or not staged.task_ids:
        return
    staged.target.parent.mkdir(exist_ok=True)
    staged.file.write_bytes(staged.content)
    staged.file.replace(staged.target)
