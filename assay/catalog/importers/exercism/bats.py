"""Tests of Bash programs in the language of bats, as far as they are a list of runs with their results: read, and never
run. Whatever needs a shell to be understood is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.catalog.importers.python_code import NotUsable

NEEDS_A_SHELL = "its tests need a shell; taken are those that run the program and compare exit code and output"
_TEST = re.compile(
    r"^@test\s+(?:\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)')\s*\{[ \t]*\n(.*?)^\}[ \t]*$", re.MULTILINE | re.DOTALL
)
_PREAMBLE = re.compile(r"\s*(#.*)?|\s*load\s+['\"]?bats-extra(\.bash)?['\"]?\s*")
_SKIP = re.compile(r"\[\[ \"?\$BATS_RUN_SKIPPED\"? == \"?true\"? \]\] \|\| skip[^\n]*")
_HERE_DOCUMENT = re.compile(r"(\w+)=(\"?)\$\(\s*cat\s*<<\s*(['\"]?)(\w+)\3[ \t]*\n((?:.*\n)*?)\4[ \t]*\n\s*\)\2")
_ASSIGNMENT = re.compile(r"(\w+)=")
_LOCAL = re.compile(r"local[ \t]+(?=\w+=)|local([ \t]+\w+)+[ \t]*(?=\n|;)")
_END = re.compile(r"[ \t]*($|[\n;]|#)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "0": "\0"}
_OPERATORS = frozenset("|&;()<>*?[]{}~!")


@dataclass(kw_only=True, slots=True)
class BatsTest:
    """``fails`` is None if the exit code is not tested; ``outputs`` are kinds of comparison with their texts."""

    name: str
    argv: list[str] = field(default_factory=list[str])
    stdin: str = ""
    fails: bool | None = None
    exit_code: int | None = None
    outputs: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def bats_tests(source: str) -> list[BatsTest]:
    """Raises NotUsable."""
    found: list[BatsTest] = []
    position = 0
    for match in _TEST.finditer(source):
        _check_between(source[position : match.start()])
        position = match.end()
        name = re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2]
        found.append(_Body(match[3]).read(BatsTest(name=name)))
    _check_between(source[position:])
    return found


def _check_between(text: str) -> None:
    if not all(_PREAMBLE.fullmatch(line) for line in text.split("\n")):
        raise NotUsable(NEEDS_A_SHELL)


class _Body:
    """The statements of one test."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._position = 0
        self._variables: dict[str, str] = {}

    def read(self, test: BatsTest) -> BatsTest:
        while self._skip_space():
            if not self._ignored() and not self._assignment():
                self._command(test)
        if not test.argv or (test.fails is None and not test.outputs):
            raise NotUsable(NEEDS_A_SHELL)
        return test

    def _skip_space(self) -> bool:
        """Over spaces, line ends and comments; whether something follows."""
        match = re.compile(r"(?:[\s;]|#[^\n]*)*").match(self._source, self._position)
        self._position = match.end() if match else self._position
        return self._position < len(self._source)

    def _ignored(self) -> bool:
        for pattern in (_SKIP, _LOCAL):
            if match := pattern.match(self._source, self._position):
                self._position = match.end()
                return True
        return False

    def _assignment(self) -> bool:
        if document := _HERE_DOCUMENT.match(self._source, self._position):
            if not document[3] and re.search(r"[$`\\]", document[5]):
                raise NotUsable(NEEDS_A_SHELL)
            self._variables[document[1]] = document[5].rstrip("\n")
            self._position = document.end()
            return True
        if match := _ASSIGNMENT.match(self._source, self._position):
            self._position = match.end()
            self._variables[match[1]] = self._word(";") if self._in_word(";") else ""
            if not _END.match(self._source, self._position):
                raise NotUsable(NEEDS_A_SHELL)  # a variable of one command's environment
            return True
        return False

    def _command(self, test: BatsTest) -> None:
        words = list(self._words())
        match words:
            case ["run", "bash", _, *_] if not test.argv:
                test.argv, test.stdin = words[1:], self._here_string()
            case ["assert_success"]:
                test.fails = False
            case ["assert_failure"]:
                test.fails = True
            case ["assert_failure", code] if code.isdecimal():
                test.fails, test.exit_code = True, int(code)
            case ["assert_output", text] if not text.startswith("-"):
                test.outputs.append(("equals", text))
            case ["assert_output", "--partial" | "-p", text]:
                test.outputs.append(("contains", text))
            case ["refute_output"]:
                test.outputs.append(("equals", ""))
            case _:
                raise NotUsable(NEEDS_A_SHELL)
        if words[0] != "run" and not test.argv:
            raise NotUsable(NEEDS_A_SHELL)

    def _here_string(self) -> str:
        """What follows ``<<<``, as standard input."""
        if not self._source.startswith("<<<", self._position):
            return ""
        self._position += 3
        words = list(self._words())
        if len(words) != 1:
            raise NotUsable(NEEDS_A_SHELL)
        return f"{words[0]}\n"

    def _words(self) -> Iterator[str]:
        """The words up to the end of the line, or to ``<<<``."""
        while self._position < len(self._source):
            if match := re.compile(r"(?:[ \t]|\\\n)+").match(self._source, self._position):
                self._position = match.end()
            elif self._source[self._position] in "\n#" or self._source.startswith("<<<", self._position):
                return
            else:
                yield self._word()

    def _in_word(self, ends: str = "") -> bool:
        return self._position < len(self._source) and self._source[self._position] not in f" \t\n{ends}"

    def _word(self, ends: str = "") -> str:
        parts: list[str] = []
        while self._in_word(ends):
            parts.append(self._part())
        return "".join(parts)

    def _part(self) -> str:
        letter = self._source[self._position]
        if self._source.startswith("$'", self._position):
            return self._ansi_quoted()
        if letter == "'":
            return self._until("'", self._position + 1)
        if letter == '"':
            return self._double_quoted()
        self._position += 1
        if letter == "\\" and self._source[self._position : self._position + 1].strip("\n"):
            self._position += 1
            return self._source[self._position - 1]
        if letter in _OPERATORS or letter in "$`\\":
            raise NotUsable(NEEDS_A_SHELL)
        return letter

    def _until(self, end: str, start: int) -> str:
        close = self._source.find(end, start)
        if close < 0:
            raise NotUsable(NEEDS_A_SHELL)
        self._position = close + 1
        return self._source[start:close]

    def _double_quoted(self) -> str:
        parts: list[str] = []
        self._position += 1
        while not self._source.startswith('"', self._position):
            letter = self._source[self._position : self._position + 1]
            if variable := _VARIABLE.match(self._source, self._position):
                parts.append(self._value(variable[1] or variable[2]))
                self._position = variable.end()
                continue
            if letter == "" or letter in "$`":
                raise NotUsable(NEEDS_A_SHELL)
            following = self._source[self._position + 1 : self._position + 2]
            escaped = letter == "\\" and following in ("$", "`", '"', "\\", "\n")
            parts.append(following.strip("\n") if escaped else letter)
            self._position += 2 if escaped else 1
        self._position += 1
        return "".join(parts)

    def _value(self, name: str) -> str:
        if name not in self._variables:
            raise NotUsable(NEEDS_A_SHELL)
        return self._variables[name]

    def _ansi_quoted(self) -> str:
        match = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self._source, self._position)
        if match is None or re.search(r"\\[^ntr\\'\"0]", match[1]):
            raise NotUsable(NEEDS_A_SHELL)
        self._position = match.end()
        return re.sub(r"\\(.)", lambda escape: _ANSI[escape[1]], match[1])
