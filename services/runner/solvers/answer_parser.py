"""A model's answer read as files or as a patch, in the forms models really use."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assay.files import Files, FilesRefused, check_files, check_path, matches
from services.runner.errors import AnswerUnusable
from services.runner.solvers.fenced_blocks import Block, blocks
from services.runner.text import to_bytes

_PATH = r"[\w.@+-]+(?:/[\w.@+-]+)*"
_NAMED = re.compile(rf"(?:file(?:name|path)?|path|title)\s*[=:]\s*[\"'`]?(/?{_PATH})", re.IGNORECASE)
_ALONE = re.compile(
    rf"^(?:\d+[.)]\s+)?[#*>\s`_-]*(?:file(?:name|path)?|path)?\s*:?[*`\s]*(/?(?:\./)?{_PATH})[`*_:\s]*$", re.IGNORECASE
)
_COMMENT = re.compile(
    rf"^\s*(?:#|//|--|;|/\*|<!--)\s*(?:file(?:name|path)?\s*:?\s*)?(/?(?:\./)?{_PATH})\s*(?:\*/|-->)?\s*$",
    re.IGNORECASE,
)
_PATCH = re.compile(r"^(?:diff --git |--- \S.*\n\+\+\+ \S)", re.MULTILINE)
_PATCH_LANGUAGES = ("diff", "patch", "udiff")
_NO_CODE = ("bash", "sh", "shell", "console", "text", "txt", "output", "plaintext")


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesAnswer:
    """What is to be done to the workspace: first the patch, then the files."""

    files: Files
    patch: str = ""


def read_answer(text: str, outputs: Sequence[str], workspace: Collection[str] = ()) -> FilesAnswer:
    """Raises AnswerUnusable, with the reason, for an answer that has neither files nor a patch, or unsound paths.

    A block's path is looked for behind its fence, on the line before it, and in a comment on its first line. Of blocks
    headed by the same path the last counts. A block without a path counts only when one file is asked for and no block
    has a path: the longest that is not a shell's or its output."""
    found = blocks(text)
    patch = _patch(text, found)
    known = {path for path in (*outputs, *workspace) if not path.endswith("/") and "*" not in path}
    rest = [block for block in found if not _is_patch(block)]
    named = _named_blocks(rest, known, outputs)
    if not named and not patch:
        named = _only_block(rest, outputs)
    if not named and not patch:
        raise AnswerUnusable("the answer has no file in it: no fenced block with a path, and no diff")
    return FilesAnswer(files=_checked({path: to_bytes(block.content) for path, block in named.items()}), patch=patch)


def _named_blocks(found: list[Block], known: Collection[str], outputs: Sequence[str]) -> dict[str, Block]:
    """By path. Where a path is only mentioned in the sentence before a block, the first such block counts, and none of
    them when another is headed by the path."""
    headed = {path: block for block in found if (path := _heading_of(block, known, outputs))}
    mentioned: dict[str, Block] = {}
    for block in found:
        if not _heading_of(block, known, outputs) and (path := _mention_of(block, known, outputs)):
            mentioned.setdefault(path, block)
    return mentioned | headed


def _patch(text: str, found: list[Block]) -> str:
    """All patches of the answer as one; an answer without fences may be one from where it starts."""
    patches = [block.content for block in found if _is_patch(block)]
    if not found and (match := _PATCH.search(text)):
        patches = [text[match.start() :].rstrip("\n") + "\n"]
    return "".join(patches)


def _is_patch(block: Block) -> bool:
    return (block.language in _PATCH_LANGUAGES and bool(_PATCH.search(block.content))) or bool(
        _PATCH.match(block.content.lstrip("\n"))
    )


def _heading_of(block: Block, known: Collection[str], outputs: Sequence[str]) -> str:
    """The path a block stands under; empty when it has none."""
    candidates = [match[1] for match in (_NAMED.search(block.info), _ALONE.match(block.before)) if match]
    candidates += [word for word in re.split(r"[\s:,{}\"'`]+", block.info) if word]
    first = _COMMENT.match(block.content.lstrip("\n").partition("\n")[0][:300])
    for candidate in candidates:
        if _is_file(candidate) or _asked(_normal(candidate), known, outputs):
            return _normal(candidate)
    return _normal(first[1]) if first and _asked(_normal(first[1]), known, outputs) else ""


def _mention_of(block: Block, known: Collection[str], outputs: Sequence[str]) -> str:
    """A path asked for that is a word of the line before, as in "Here is the new solution.py:"."""
    if block.language in _NO_CODE:
        return ""
    words = [_normal(word.strip("`*\"'()[]:;,.!")) for word in block.before.split()]
    return next((word for word in words if _asked(word, known, outputs)), "")


def _only_block(rest: list[Block], outputs: Sequence[str]) -> dict[str, Block]:
    if len(outputs) != 1 or outputs[0].endswith("/") or "*" in outputs[0]:
        return {}
    code = [block for block in rest if block.language not in _NO_CODE] or rest
    return {outputs[0]: max(code, key=lambda block: len(block.content))} if code else {}


def _asked(path: str, known: Collection[str], outputs: Sequence[str]) -> bool:
    return path in known or matches(path, outputs)


def _is_file(word: str) -> bool:
    """``main.py`` is; ``python``, ``3.11`` and ``e.g.`` are not."""
    stem, _, ending = word.rpartition("/")[2].rpartition(".")
    return bool(stem) and ending.isalnum() and not ending.isdigit() and len(ending) <= 8


def _normal(path: str) -> str:
    return path.removeprefix("/workspace/").removeprefix("./")


def _checked(files: dict[str, bytes]) -> dict[str, bytes]:
    try:
        for path in files:
            check_path(path)
        check_files(files)
    except FilesRefused as error:
        raise AnswerUnusable(f"the answer's files cannot be taken: {error}") from error
    return files
