"""Rust's tests, found by reading the source: it is never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.catalog.importers.python_code import NotUsable

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<text>[bc]?r(?P<hashes>\#*)".*?"(?P=hashes)|[bc]?"(?:[^"\\]|\\.)*"|b?'(?:[^'\\\n]|\\.[^'\n]*)')
    |(?P<word>'?[A-Za-z_]\w*)|(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_COMMENT = re.compile(r"/\*|\*/")
_COMPUTED = "the names of its tests are computed"


@dataclass(frozen=True, slots=True)
class Token:
    value: str
    end: int


@dataclass(frozen=True, slots=True)
class RustTest:
    """``name`` has the modules. The body begins at ``body``, after its brace. ``panics``: it must panic to pass."""

    name: str
    body: int
    panics: bool


def rust_tests(source: str) -> list[RustTest]:
    """The tests that Cargo runs without optional features. Raises NotUsable."""
    return list(_Reader(list(_tokens(source))).tests())


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._modules: list[tuple[int, str, bool]] = []
        """The depth of braces inside, name, and whether it is compiled."""

    def tests(self) -> Iterator[RustTest]:
        depth, macro, attributes = 0, 0, list[str]()
        while self._position < len(self._tokens):
            value = self._take()
            if value == "#":
                attributes += self._attribute()
            elif value == "macro_rules":
                macro = depth + 1
            elif value == "mod" and self._at(1) == "{":
                self._modules.append((depth + 1, self._at(0), _is_compiled(attributes)))
            elif value == "fn" and "test" in attributes:
                if macro or not self._at(0).isidentifier():
                    raise NotUsable(_COMPUTED)
                if _is_compiled(attributes) and all(compiled for _, _, compiled in self._modules):
                    yield self._test(any(each.startswith("should_panic") for each in attributes))
                attributes = []
            elif value in ("{", "}", ";"):
                depth += {"{": 1, "}": -1}.get(value, 0)
                attributes = []
                macro = macro if depth >= macro else 0
                if self._modules and depth < self._modules[-1][0] and value == "}":
                    self._modules.pop()

    def _at(self, offset: int) -> str:
        index = self._position + offset
        return self._tokens[index].value if index < len(self._tokens) else ""

    def _take(self) -> str:
        self._position += 1
        return self._tokens[self._position - 1].value

    def _attribute(self) -> list[str]:
        """Without spaces. Attributes of the file or module around it are none of the next item."""
        is_inner = self._at(0) == "!"
        if is_inner:
            self._take()
        if self._at(0) != "[":
            return []
        depth, parts = 0, list[str]()
        while self._position < len(self._tokens):
            value = self._take()
            depth += {"[": 1, "]": -1}.get(value, 0)
            parts.append(value)
            if depth == 0:
                break
        return [] if is_inner else ["".join(parts[1:-1])]

    def _test(self, panics: bool) -> RustTest:
        name, parentheses = self._take(), 0
        for token in self._tokens[self._position :]:
            parentheses += {"(": 1, ")": -1}.get(token.value, 0)
            if token.value == "{" and not parentheses:
                return RustTest("::".join([*(module for _, module, _ in self._modules), name]), token.end, panics)
        raise NotUsable(_COMPUTED)


def _is_compiled(attributes: list[str]) -> bool:
    """Raises NotUsable for conditions on the platform and the like."""
    for each in attributes:
        if each.startswith("cfg(feature="):
            return False
        if each.startswith("cfg(") and each != "cfg(test)" and not each.startswith("cfg(not(feature="):
            raise NotUsable("whether some of its tests are compiled depends on the platform")
    return True


def _tokens(source: str) -> Iterator[Token]:
    """Without spaces and comments."""
    position = 0
    while position < len(source):
        if source.startswith("/*", position):
            position = _comment_end(source, position)
            continue
        match = _TOKEN.match(source, position)
        assert match is not None
        position = match.end()
        if match.lastgroup != "skip":
            yield Token(match[0], position)


def _comment_end(source: str, start: int) -> int:
    """Comments can contain comments."""
    depth = 0
    for match in _COMMENT.finditer(source, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(source)
