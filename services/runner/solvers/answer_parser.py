"""Reads a model's answer as changes to the workspace: whole files in fenced blocks, and patches.

The rules, with examples: "How files and patches are read" in docs/tasks.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.files import Files, FilesRefused, check_files, check_path, matches
from services.runner.errors import AnswerUnusable
from services.runner.solvers.block_choice import choose_block, definitions, fits, is_shell, tests_file
from services.runner.solvers.block_paths import BlockPaths
from services.runner.solvers.fenced_blocks import Block, find_blocks
from services.runner.solvers.patches.apply import PatchedFiles, PathChange
from services.runner.solvers.patches.changes import FileChange
from services.runner.solvers.patches.formats import is_loose_patch, is_patch, read_patch
from services.runner.solvers.patches.paths import resolve
from services.runner.text import clean, to_bytes

_MAX_NESTED_ANSWERS = 2
_PATCH_FILES = (".patch", ".diff")
"""A patch in such a file is the file's content."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesAnswer:
    """``files`` are those written or changed, with their new content. ``notes`` say what was not used, or understood
    in a way that the model may not have meant."""

    files: Files
    deleted: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(kw_only=True, slots=True)
class _Edits:
    """In the order of the answer: the index of the block, and what it asks for."""

    files: dict[str, tuple[int, Block]] = field(default_factory=dict[str, tuple[int, Block]])
    changes: list[tuple[int, FileChange]] = field(default_factory=list[tuple[int, FileChange]])
    notes: list[str] = field(default_factory=list[str])


def parse_answer(text: str, outputs: Sequence[str], workspace: Files | None = None) -> FilesAnswer:
    """Raises AnswerUnusable if the answer has neither files nor a patch, a patch does not apply completely, a path is
    not allowed, or only files that are no outputs would change."""
    workspace = workspace or {}
    edits = _read_edits(to_bytes(text).decode(), outputs, workspace)
    if not edits.files and not edits.changes:
        raise AnswerUnusable("the answer contains no file: no fenced block with a path, and no patch")
    changes = _resolve_paths(edits, outputs, workspace)
    _check_outputs({*edits.files, *(path for _, change in changes for path in (change.old, change.new))}, outputs)
    patched = PatchedFiles(workspace)
    steps: list[tuple[int, str, PathChange | Block]] = [
        *((index, path, block) for path, (index, block) in edits.files.items()),
        *((index, change.new, change) for index, change in changes),
    ]
    for index, path, step in sorted(steps, key=lambda each: each[0]):
        if isinstance(step, Block):
            patched.write(path, to_bytes(step.content))
        elif index < edits.files.get(path, (-1,))[0] and step.change.kind != "delete":
            patched.notes.append(f"the patch of {path} is not used: the whole file comes after it")
        else:
            patched.apply(step)
    return _make_answer(workspace, patched, edits, outputs)


def _read_edits(text: str, outputs: Sequence[str], workspace: Files, depth: int = 0) -> _Edits:
    reader = _EditsReader(outputs, workspace)
    blocks = find_blocks(text)
    edits = reader.read(blocks)
    if not edits.changes and not edits.files and depth < _MAX_NESTED_ANSWERS and not reader.writes_markdown:
        for block in blocks:
            if block.fenced and any("```" in line for line in block.lines):
                edits = _read_edits(block.content, outputs, workspace, depth + 1)
                if edits.changes or edits.files:
                    return edits
    if not edits.changes:
        reader.add_unnamed(edits)
    return edits


class _EditsReader:
    def __init__(self, outputs: Sequence[str], workspace: Files) -> None:
        self._paths = BlockPaths(outputs, workspace)
        single = len(outputs) == 1 and not outputs[0].endswith("/") and "*" not in outputs[0]
        self._only_output = outputs[0] if single else ""
        self._unnamed: list[tuple[int, Block]] = []
        self.writes_markdown = self._only_output.endswith((".md", ".markdown"))

    def read(self, blocks: Sequence[Block]) -> _Edits:
        edits = _Edits()
        targets: defaultdict[str, list[Block]] = defaultdict(list)
        loose: list[tuple[int, Block]] = []
        for index, block in enumerate(blocks):
            patch = is_patch(block.lines, block.language) and not self._patched_path(block).endswith(_PATCH_FILES)
            if patch and is_loose_patch(block.lines, block.language):
                loose.append((index, block))
            elif patch:
                edits.changes += [(index, change) for change in self._read_patch(block)]
            elif path := self._paths.heading(block) or self._mentioned(block):
                targets[path].append(block)
            else:
                self._unnamed.append((index, block))
        where = {id(block): index for index, block in enumerate(blocks)}
        for path, found in targets.items():
            chosen = choose_block(found, path)
            edits.files[path] = (where[id(chosen)], chosen)
        self._add_loose_patches(edits, loose)
        return edits

    def _read_patch(self, block: Block) -> list[FileChange]:
        return read_patch(block.lines, self._patched_path(block), self._paths.alone)

    def _patched_path(self, block: Block) -> str:
        return self._paths.heading(block) or self._paths.mention(block.before) or self._only_output

    def _mentioned(self, block: Block) -> str:
        """A path in the sentence before a block, unless it is clear that the block is not this file."""
        path = self._paths.mention(block.before)
        return path if path and fits(block, path) and not tests_file(block, path) else ""

    def _add_loose_patches(self, edits: _Edits, loose: Sequence[tuple[int, Block]]) -> None:
        """Lines with signs but without any header often only illustrate a file or a patch."""
        known = {*edits.files, *(change.new for _, change in edits.changes)}
        for index, block in loose:
            if self._patched_path(block) in known:
                edits.notes.append(f"changes without a header, at line {block.lines.number(0)}, were not used")
            else:
                edits.changes += [(index, change) for change in self._read_patch(block)]

    def add_unnamed(self, edits: _Edits) -> None:
        """Blocks without a path: if there is a single output, they are versions of it."""
        path = self._only_output
        if not path:
            if ignored := sum(not is_shell(block) for _, block in self._unnamed):
                edits.notes.append(f"code blocks without a path were not used: {ignored}")
            return
        found = self._unnamed
        if path in edits.files:
            at, current = edits.files[path]
            names = definitions(current)
            found = [(index, block) for index, block in found if index > at and names and names <= definitions(block)]
            found = [(index, block) for index, block in found if block.complete]
        if found:
            chosen = choose_block([block for _, block in found], path)
            edits.files[path] = next((index, block) for index, block in found if block is chosen)


def _resolve_paths(edits: _Edits, outputs: Sequence[str], workspace: Files) -> list[tuple[int, PathChange]]:
    existing = {*workspace, *edits.files}
    resolved: list[tuple[int, PathChange]] = []
    for index, change in edits.changes:
        old = resolve(change.old, existing, outputs, prefixed=change.prefixed)
        new = old if change.new == change.old else resolve(change.new, existing, outputs, prefixed=change.prefixed)
        existing.add(new)
        resolved.append((index, PathChange(change=change, old=old, new=new)))
    return resolved


def _check_outputs(paths: set[str], outputs: Sequence[str]) -> None:
    for path in paths:
        try:
            check_path(path)
        except FilesRefused as error:
            raise AnswerUnusable(f"the answer's files are not allowed: {error}") from error
    undeclared = _undeclared(paths, outputs)
    if len(undeclared) == len(paths):
        raise AnswerUnusable(
            f"the answer writes {_list(undeclared)}, but none of the declared outputs: {_list(outputs)}"
        )


def _make_answer(workspace: Files, patched: PatchedFiles, edits: _Edits, outputs: Sequence[str]) -> FilesAnswer:
    try:
        check_files(patched.files)
    except FilesRefused as error:
        raise AnswerUnusable(f"the answer's files are not allowed: {error}") from error
    files = {path: content for path, content in patched.files.items() if workspace.get(path) != content}
    files |= {path: patched.files[path] for path in edits.files if path in patched.files}
    deleted = workspace.keys() - patched.files.keys()
    notes = [*edits.notes, *patched.notes, *_cut_off(edits)]
    if undeclared := _undeclared({*files, *deleted}, outputs):
        notes.append(f"ignored files that are not declared outputs: {_list(undeclared)}")
    return FilesAnswer(files=files, deleted=frozenset(deleted), notes=tuple(notes))


def _cut_off(edits: _Edits) -> list[str]:
    open_blocks = [path for path, (_, block) in edits.files.items() if not block.complete]
    return [f"the answer ends inside the block of {path}, which was used as it is" for path in open_blocks]


def _undeclared(paths: set[str], outputs: Sequence[str]) -> list[str]:
    return sorted(path for path in paths if not matches(path, outputs))


def _list(paths: Sequence[str]) -> str:
    return clean(", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else ""), 300)
