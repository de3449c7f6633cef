"""Applies file changes to a workspace: all of them, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches

from assay.files import Files
from services.runner.errors import AnswerUnusable
from services.runner.solvers.patches.changes import FileChange, quote, refuse
from services.runner.solvers.patches.hunks import apply_hunks, new_content
from services.runner.solvers.patches.location import SearchBudget


@dataclass(frozen=True, kw_only=True, slots=True)
class PathChange:
    """A change with the paths that its names mean."""

    change: FileChange
    old: str
    new: str


class PatchedFiles:
    """The files of a workspace while an answer's changes are made. ``notes`` say what was understood in a way that the
    model may not have meant."""

    def __init__(self, workspace: Files) -> None:
        self.files = dict(workspace)
        self.notes: list[str] = []
        self._workspace = workspace
        self._budget = SearchBudget()
        self._written: set[str] = set()
        self._removed: dict[str, Counter[str]] = {}
        self._steps: dict[str, Callable[[PathChange], None]] = {
            "create": self._create,
            "delete": self._delete,
            "update": self._update,
            "rename": self._move,
            "copy": self._move,
        }

    def write(self, path: str, content: bytes) -> None:
        self.files[path] = content
        self._written.add(path)

    def apply(self, change: PathChange) -> None:
        """Raises AnswerUnusable if it cannot be applied completely."""
        self._steps[change.change.kind](change)

    def _create(self, change: PathChange) -> None:
        path = change.new
        if self.files.get(path, b"").strip():
            if not change.change.ordered:
                what = "its SEARCH text is empty, but the file exists"
                raise refuse(path, what, line=change.change.line)
            self.notes.append(f"the patch creates {path}, which exists: its content was replaced")
        self.files[path] = new_content(change.change)

    def _delete(self, change: PathChange) -> None:
        rest = self._patched(change.old, change.change)
        if change.change.hunks and rest.strip():
            what = f"it deletes the file, but leaves the line {quote(_first_line(rest))}"
            raise refuse(change.old, what, line=change.change.line)
        del self.files[change.old]

    def _update(self, change: PathChange) -> None:
        old, new = change.old, change.new
        if old != new and old in self.files and new not in self.files:
            self._move(change)
            return
        if old != new and old in self.files:
            what = f"it names two files, {old} and {new}, without a rename"
            raise refuse(new, what, line=change.change.line)
        self.files[new] = self._patched(new, change.change)

    def _move(self, change: PathChange) -> None:
        old, new = change.old, change.new
        content = self._patched(old, change.change)
        if old != new and new in self.files:
            raise refuse(new, f"{old} cannot be moved here, since the file exists", line=change.change.line)
        if change.change.kind != "copy":
            del self.files[old]
        self.files[new] = content

    def _patched(self, path: str, change: FileChange) -> bytes:
        content = self.files.get(path)
        if content is None:
            raise refuse(path, _no_file(path, self.files), line=change.line)
        try:
            patched = apply_hunks(path, change, content, self._budget)
        except AnswerUnusable:
            restated = self._restated(path, change, content)
            if restated is None:
                raise
            return restated
        self._removed[path] = self._removed.get(path, Counter()) + _removed_lines(change)
        return patched

    def _restated(self, path: str, change: FileChange, content: bytes) -> bytes | None:
        """The content if the change is meant for the original file: it repeats a whole file in the answer as a diff, or
        replaces an earlier diff, of which it removes every line too."""
        original = self._workspace.get(path)
        if original is None or original == content:
            return None
        try:
            patched = apply_hunks(path, change, original, self._budget)
        except AnswerUnusable:
            return None
        if path in self._written:
            return content if patched == content else None
        earlier, removed = self._removed.get(path, Counter()), _removed_lines(change)
        if not earlier or earlier - removed:
            return None
        self.notes.append(f"the last patch of {path} replaces the one before it, which changes the same lines")
        self._removed[path] = removed
        return patched


def _removed_lines(change: FileChange) -> Counter[str]:
    return Counter(line.text.strip() for hunk in change.hunks for line in hunk.lines if line.sign == "-")


def _no_file(path: str, files: Collection[str]) -> str:
    alike = get_close_matches(path, list(files)[:500], n=1)
    return f"there is no such file{f'; did you mean {alike[0]}?' if alike else ''}"


def _first_line(content: bytes) -> str:
    return content.strip().split(b"\n", 1)[0].decode("utf-8", "replace")
