"""The file that a fenced block is meant for: named after its fence, on the line before, or in a comment at its top."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from assay.files import matches
from services.runner.solvers.fenced_blocks import Block
from services.runner.solvers.patches.paths import in_workspace

_MAX_LINE_CHARACTERS = 300
_MAX_WORDS = 24
_NAME = r"[\w.@+~$%()\[\]-]+"
_PATH = re.compile(rf"(?:\./|/)?{_NAME}(?:/{_NAME})*")
_KEYED = re.compile(
    r"\b(?:file(?:name|path)?|path|title|name)\s*[=:]\s*(?:\"([^\"]+)\"|'([^']+)'|`([^`]+)`|([^\s,}\"'`]+))",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"([^\"]+)\"|'([^']+)'|`([^`]+)`|\*\*([^*]+)\*\*")
_NUMBERING = re.compile(r"(?:\d{1,3}[.)]|[-*+])\s+")
_LABEL = re.compile(r"(?:file(?:\s?name|\s?path|\s?\d+)?|path)\b\s*:?[*`\s\"_]*", re.IGNORECASE)
_REMARK = re.compile(r"\s\([^()]*\)$")
_COMMENTS = ("#", "//", "--", ";", "/*", "<!--")
_DECORATION = "`*\"'#>:,;!? \t"


class BlockPaths:
    """Paths are expected if they are a declared output or a file of the workspace."""

    def __init__(self, outputs: Sequence[str], workspace: Collection[str]) -> None:
        self._outputs = outputs
        self._known = {*(path for path in outputs if not path.endswith("/") and "*" not in path), *workspace}
        self._spaced = any(" " in path for path in self._known)

    def heading(self, block: Block) -> str:
        """The path that stands after the fence, alone on the line before it, or in the first line; empty if there is
        none."""
        first = next((line for line in block.lines if line.strip()), "")
        return self._in_info(block.info) or self.alone(block.before) or self._in_comment(first[:_MAX_LINE_CHARACTERS])

    def alone(self, text: str) -> str:
        """The path that is all of a line, but for a label, a number or a remark in parentheses; empty if there is
        none."""
        text = _NUMBERING.sub("", text[:_MAX_LINE_CHARACTERS].strip(), count=1).strip(_DECORATION)
        for name in (text, _REMARK.sub("", text)):
            for path in _undecorated(name):
                if self._is_expected(path, spaces="/" in path.partition(" ")[0]) or (
                    _PATH.fullmatch(path) and _is_file(path)
                ):
                    return path
        return ""

    def mention(self, text: str) -> str:
        """An expected path in a sentence, as in "Here is the new solution.py:"."""
        return next(self._expected_in(text), "")

    def _in_info(self, info: str) -> str:
        if match := _KEYED.search(info):
            return in_workspace(next(filter(None, match.groups())).strip())
        words = [word for word in re.split(r"[\s:,{}\"'`=]+", info) if word]
        names = [*_quoted(info), *words]
        return next(self._expected_in(info), "") or next((in_workspace(name) for name in names if _is_file(name)), "")

    def _in_comment(self, text: str) -> str:
        text = text.strip()
        mark = next((mark for mark in _COMMENTS if text.startswith(mark)), "")
        name = text.removeprefix(mark).removesuffix("*/").removesuffix("-->").strip()
        paths = _undecorated(name) if mark else ()
        return next((path for path in paths if self._is_expected(path, spaces=False)), "")

    def _expected_in(self, text: str) -> Iterator[str]:
        """Expected paths in a line. With spaces, they must be in quotes, or known."""
        for name in _quoted(text):
            if self._is_expected(path := in_workspace(name), spaces=True):
                yield path
        words = re.split(r"[\s,]+", text.strip())[:_MAX_WORDS]
        for length in range(len(words) if self._spaced else 1, 0, -1):
            for start in range(len(words) - length + 1):
                name = " ".join(words[start : start + length])
                for path in _in_word(name):
                    if path in self._known or (length == 1 and self._is_expected(path, spaces=False)):
                        yield path

    def _is_expected(self, path: str, *, spaces: bool) -> bool:
        """A pattern such as ``*.py`` would match whole sentences, so that words after the first must not be paths."""
        if path in self._known:
            return True
        *others, _ = path.split(" ")
        if others and (not spaces or not _is_file(path) or any(map(_is_file, others))):
            return False
        return (_is_file(path) or "/" in path) and matches(path, self._outputs)


def _undecorated(name: str) -> Iterator[str]:
    yield in_workspace(name)
    yield in_workspace(name.replace("\\", "/"))
    label = _LABEL.match(name)
    if label:
        name = name[label.end() :].strip(_DECORATION)
        yield in_workspace(name)
    if name.startswith("_") and name.endswith("_"):
        yield in_workspace(name.strip("_"))


def _in_word(word: str) -> Iterator[str]:
    """Also in ``python:main.py``, ``main.py:python`` and ``(main.py)``."""
    for name in (word, *word.split(":")):
        for path in (name, name.strip("`*\"'()[]{}:;,!?"), name.strip("`*\"'()[]{}:;,!?.")):
            yield in_workspace(path)


def _quoted(text: str) -> list[str]:
    return [next(filter(None, match.groups())).strip() for match in _QUOTED.finditer(text)]


def _is_file(word: str) -> bool:
    """True for ``main.py``; false for ``python``, ``3.11`` and ``e.g.``."""
    stem, _, ending = word.rpartition("/")[2].rpartition(".")
    return bool(stem) and ending.isalnum() and not ending.isdigit() and len(ending) <= 8
