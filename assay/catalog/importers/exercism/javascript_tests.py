"""The names of Jest tests, found by reading the source: it is never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.catalog.importers.python_code import NotUsable

_SUITES = frozenset({"describe", "xdescribe", "fdescribe"})
_TESTS = frozenset({"test", "it", "xtest", "xit", "ftest", "fit"})
_COMPUTED = "the names of its tests are computed"
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<word>[A-Za-z_$][\w$]*|\d[\w.]*)|(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_TEXT = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\"""")
_REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\n|.)", re.DOTALL)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_VALUE_ENDS = re.compile(r"[\w$)\]}'\"`]$")
_BEFORE_REGEX = frozenset({"return", "typeof", "case", "in", "of", "void", "delete"})


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is word, text or other; ``computed``: a template that contains expressions."""

    kind: str
    value: str
    computed: bool = False


def names_of_tests(source: str) -> list[str]:
    """Every test by the names of its suites and its own, joined by `` > `` as the judge reports them. Raises NotUsable
    for names that are not literals, and for two tests of the same name."""
    names = list(_names(list(tokens(source))))
    if len(set(names)) < len(names):
        raise NotUsable("two of its tests have the same name")
    if any("\ufffd" in name or not name.strip() for name in names):
        raise NotUsable("one of its tests has no readable name")
    return names


def _names(found: list[Token]) -> Iterator[str]:
    depth = 0
    suites: list[tuple[int, str]] = []
    for index, token in enumerate(found):
        if token.value == "(" and token.kind == "other":
            depth += 1
        elif token.value == ")" and token.kind == "other":
            depth -= 1
            if suites and depth < suites[-1][0]:
                suites.pop()
        elif token.kind == "word" and token.value in _SUITES | _TESTS and _is_call(found, index):
            name = _first_argument(found, index)
            if depth != (suites[-1][0] if suites else 0):
                raise NotUsable(_COMPUTED)
            if token.value in _SUITES:
                suites.append((depth + 1, name))
            else:
                yield " > ".join([*(suite for _, suite in suites), name])


def _is_call(found: list[Token], index: int) -> bool:
    """``test(``, ``test.only(`` and so on, but not ``.test(``, an import, or ``test.todo(``."""
    if index and found[index - 1].value == ".":
        return False
    after = [token.value for token in found[index + 1 : index + 4]]
    if after[:1] == ["."] and after[1] in ("each", "failing", "concurrent"):
        raise NotUsable(_COMPUTED)
    return after[:1] == ["("] or (after[:1] == ["."] and after[1] in ("only", "skip") and after[2:] == ["("])


def _first_argument(found: list[Token], index: int) -> str:
    start = next(at for at in range(index, len(found)) if found[at].value == "(") + 1
    parts: list[str] = []
    for token in found[start:]:
        if token.kind == "text" and not token.computed:
            parts.append(token.value)
        elif token.value == "," and parts:
            return "".join(parts).replace(">", "›")
        elif token.value != "+":
            break
    raise NotUsable(_COMPUTED)


def tokens(source: str) -> Iterator[Token]:
    """Without spaces and comments; texts without their quotes. Regular expressions are one token."""
    position, last = 0, Token("other", ";")
    while position < len(source):
        token, position = _next_token(source, position, last)
        if token is not None:
            last = token
            yield token


def _next_token(source: str, position: int, last: Token) -> tuple[Token | None, int]:
    """The token at a position, None for space or a comment, and the position after it."""
    if source[position] == "`":
        end, computed = _template_end(source, position)
        return Token("text", unescaped(source[position + 1 : end - 1]), computed), end
    is_comment = source.startswith(("//", "/*"), position)
    may_be_regex = source[position] == "/" and not is_comment and _may_start_regex(last)
    if may_be_regex and (regex := _REGEX.match(source, position)):
        return Token("word", "regex"), regex.end()
    match = _TOKEN.match(source, position)
    assert match is not None
    if match.lastgroup == "text":
        return Token("text", unescaped(match[0][1:-1])), match.end()
    return (None if match.lastgroup == "space" else Token(str(match.lastgroup), match[0])), match.end()


def _may_start_regex(last: Token) -> bool:
    if last.kind == "word":
        return last.value in _BEFORE_REGEX
    return last.kind == "other" and not _VALUE_ENDS.search(last.value)


def _template_end(source: str, start: int) -> tuple[int, bool]:
    """The position after the template literal, and whether it contains expressions."""
    position, computed = start + 1, False
    while position < len(source):
        if source[position] == "\\":
            position += 2
        elif source[position] == "`":
            return position + 1, computed
        elif source.startswith("${", position):
            computed, position = True, _expression_end(source, position + 2)
        else:
            position += 1
    return len(source), True


def _expression_end(source: str, position: int) -> int:
    depth = 1
    while position < len(source) and depth:
        if source[position] == "`":
            position, _ = _template_end(source, position)
            continue
        if text := _TEXT.match(source, position):
            position = text.end()
            continue
        depth += {"{": 1, "}": -1}.get(source[position], 0)
        position += 1
    return position


def unescaped(text: str) -> str:
    return _ESCAPE.sub(_unescaped_part, text)


def _unescaped_part(match: re.Match[str]) -> str:
    part = match[1]
    if part[0] in "ux" and len(part) > 1:
        code = int(part[1:].strip("{}"), 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return _CONTROL.get(part, part)
