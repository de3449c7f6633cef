"""Parses a model's answer as files or as a patch, in the formats that models use."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assay.files import Files, FilesRefused, check_files, check_path, matches
from services.runner.errors import AnswerUnusable
from services.runner.solvers.fenced_blocks import Block, find_blocks
from services.runner.text import to_bytes

_PATH = r"[\w.@+-]+(?:/[\w.@+-]+)*"
_NAMED = re.compile(rf"(?:file(?:name|path)?|path|title)\s*[=:]\s*[\"'`]?(/?{_PATH})", re.IGNORECASE)
_PATH_LINE = re.compile(
    rf"^(?:\d+[.)]\s+)?[#*>\s`_-]*(?:file(?:name|path)?|path)?\s*:?[*`\s]*(/?(?:\./)?{_PATH})[`*_:\s]*$", re.IGNORECASE
)
_COMMENT = re.compile(
    rf"^\s*(?:#|//|--|;|/\*|<!--)\s*(?:file(?:name|path)?\s*:?\s*)?(/?(?:\./)?{_PATH})\s*(?:\*/|-->)?\s*$",
    re.IGNORECASE,
)
_PATCH = re.compile(r"^(?:diff --git |--- \S.*\n\+\+\+ \S)", re.MULTILINE)
_PATCH_LANGUAGES = ("diff", "patch", "udiff")
_NOT_CODE = ("bash", "sh", "shell", "console", "text", "txt", "output", "plaintext")


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesAnswer:
    """Changes to the workspace: the patch is applied first, then the files are written."""

    files: Files
    patch: str = ""


def parse_answer(text: str, outputs: Sequence[str], workspace: Collection[str] = ()) -> FilesAnswer:
    """Raises AnswerUnusable if the answer has neither files nor a patch, or a path is not allowed.

    A block's path may be in its info string, on the line before it, or in a comment on its first line. If several
    blocks have the same path, the last one counts. Blocks without a path count only if there is one declared output and
    no block has a path; then the longest is used that is not a shell command or its output."""
    found = find_blocks(text)
    patch = _patch(text, found)
    known = {path for path in (*outputs, *workspace) if not path.endswith("/") and "*" not in path}
    rest = [block for block in found if not _is_patch(block)]
    named = _named_blocks(rest, known, outputs)
    if not named and not patch:
        named = _only_block(rest, outputs)
    if not named and not patch:
        raise AnswerUnusable("the answer contains no file: no fenced block with a path, and no diff")
    return FilesAnswer(files=_checked({path: to_bytes(block.content) for path, block in named.items()}), patch=patch)


def _named_blocks(found: list[Block], known: Collection[str], outputs: Sequence[str]) -> dict[str, Block]:
    """By path. If a path is only mentioned in the sentence before a block, the first such block counts, unless another
    block has the path as its heading."""
    headed = {path: block for block in found if (path := _heading_path(block, known, outputs))}
    mentioned: dict[str, Block] = {}
    for block in found:
        if not _heading_path(block, known, outputs) and (path := _mentioned_path(block, known, outputs)):
            mentioned.setdefault(path, block)
    return mentioned | headed


def _patch(text: str, found: list[Block]) -> str:
    """All patches of the answer, concatenated. In an answer without fences, everything from the first patch line on."""
    patches = [block.content for block in found if _is_patch(block)]
    if not found and (match := _PATCH.search(text)):
        patches = [text[match.start() :].rstrip("\n") + "\n"]
    return "".join(patches)


def _is_patch(block: Block) -> bool:
    return (block.language in _PATCH_LANGUAGES and bool(_PATCH.search(block.content))) or bool(
        _PATCH.match(block.content.lstrip("\n"))
    )


def _heading_path(block: Block, known: Collection[str], outputs: Sequence[str]) -> str:
    """The path in a block's heading; empty if there is none."""
    candidates = [match[1] for match in (_NAMED.search(block.info), _PATH_LINE.match(block.before)) if match]
    candidates += [word for word in re.split(r"[\s:,{}\"'`]+", block.info) if word]
    first = _COMMENT.match(block.content.lstrip("\n").partition("\n")[0][:300])
    for candidate in candidates:
        if _is_file(candidate) or _expected(_normalize(candidate), known, outputs):
            return _normalize(candidate)
    return _normalize(first[1]) if first and _expected(_normalize(first[1]), known, outputs) else ""


def _mentioned_path(block: Block, known: Collection[str], outputs: Sequence[str]) -> str:
    """An expected path that is a word of the line before, as in "Here is the new solution.py:"."""
    if block.language in _NOT_CODE:
        return ""
    words = [_normalize(word.strip("`*\"'()[]:;,.!")) for word in block.before.split()]
    return next((word for word in words if _expected(word, known, outputs)), "")


def _only_block(rest: list[Block], outputs: Sequence[str]) -> dict[str, Block]:
    if len(outputs) != 1 or outputs[0].endswith("/") or "*" in outputs[0]:
        return {}
    code = [block for block in rest if block.language not in _NOT_CODE] or rest
    return {outputs[0]: max(code, key=lambda block: len(block.content))} if code else {}


def _expected(path: str, known: Collection[str], outputs: Sequence[str]) -> bool:
    return path in known or matches(path, outputs)


def _is_file(word: str) -> bool:
    """True for ``main.py``; false for ``python``, ``3.11`` and ``e.g.``."""
    stem, _, ending = word.rpartition("/")[2].rpartition(".")
    return bool(stem) and ending.isalnum() and not ending.isdigit() and len(ending) <= 8


def _normalize(path: str) -> str:
    return path.removeprefix("/workspace/").removeprefix("./")


def _checked(files: dict[str, bytes]) -> dict[str, bytes]:
    try:
        for path in files:
            check_path(path)
        check_files(files)
    except FilesRefused as error:
        raise AnswerUnusable(f"the answer's files are not allowed: {error}") from error
    return files
