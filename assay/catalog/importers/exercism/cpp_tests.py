"""The names of Catch2's tests, found by reading the source: it is never run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.catalog.importers.python_code import NotUsable

_TEXT = r"""R"(?P<end>\w*)\(.*?\)(?P=end)"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'"""
_COMMENT = re.compile(rf"//[^\n]*|/\*.*?\*/|({_TEXT})", re.DOTALL)
_DIRECTIVE = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b\s*(.*)")
_DEFINED = re.compile(r"(!?)\s*defined\s*\(?\s*(\w+)\s*\)?\s*")
_MACRO = re.compile(
    rf"{_TEXT}|\b(?P<macro>(?:TEMPLATE_\w*)?TEST_CASE\w*|METHOD_AS_TEST_CASE|REGISTER_TEST_CASE|SCENARIO\w*)\s*\(",
    re.DOTALL,
)
_NAME = re.compile(r"""\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)(\)|,\s*"([^"\n]*)"\s*\))""")
_LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
DEFINED = frozenset({"EXERCISM_RUN_ALL_TESTS"})
_COMPUTED = "the names of its tests are computed"


def names_of_tests(source: str) -> list[str]:
    """Raises NotUsable."""
    names = list(_names(_compiled(_COMMENT.sub(lambda match: match[1] or " ", source))))
    if len(set(names)) < len(names):
        raise NotUsable("two of its tests have the same name")
    return names


def _names(source: str) -> Iterator[str]:
    for match in _MACRO.finditer(source):
        if match["macro"] is None:
            continue
        named = _NAME.match(source, match.end())
        if match["macro"] != "TEST_CASE" or named is None:
            raise NotUsable(_COMPUTED)
        if re.search(r"\[[.!]", named[3] or ""):
            raise NotUsable("some of its tests are hidden or may fail")
        yield "".join(map(_unescaped, _LITERAL.findall(named[1])))


def _unescaped(text: str) -> str:
    escapes = set(re.findall(r"\\(.)", text))
    if not escapes <= {'"', "'", "\\", "?"}:
        raise NotUsable("one of its tests has no readable name")
    return re.sub(r"\\(.)", r"\1", text)


def _compiled(source: str) -> str:
    """Without what is not compiled. Raises NotUsable if tests depend on conditions that are not understood."""
    kept: list[str] = []
    conditions: list[bool | None] = []
    for line in source.split("\n"):
        if directive := _DIRECTIVE.match(line):
            _change(conditions, directive[1], directive[2].strip())
        elif all(conditions):
            kept.append(line)
        elif None in conditions and False not in conditions and "TEST_CASE" in line:
            raise NotUsable("whether some of its tests are compiled depends on the platform")
    return "\n".join(kept)


def _change(conditions: list[bool | None], word: str, text: str) -> None:
    if word in ("if", "ifdef", "ifndef"):
        conditions.append(_holds(word, text))
    elif conditions and word == "endif":
        conditions.pop()
    elif conditions:
        last = conditions.pop()
        conditions.append(None if last is None or word == "elif" else not last)


def _holds(word: str, text: str) -> bool | None:
    """None if it cannot be said."""
    if word in ("ifdef", "ifndef"):
        return (text in DEFINED) == (word == "ifdef")
    if text in ("0", "1"):
        return text == "1"
    if found := _DEFINED.fullmatch(text):
        return (found[2] in DEFINED) != bool(found[1])
    return None
