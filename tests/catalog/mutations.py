"""Mutations of catalogue files, of their bytes, their tokens and their structure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import yaml

_BYTES = (
    *(b"\x00", b"\xff", b"\xfe", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\t", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8"),
    *(b"\x1b", b"\x7f", b"\xf4\x90\x80\x80", b"{", b"}", b"[", b"]", b"\n", b"'", b'"', b"&", b"*", b"!", b"|", b">"),
)
_TOKENS = (
    *("no", "on", "yes", "null", "~", "true", "False", "1:30", "0123", "0o17", "0x1F", "1_000", "1e5", "1e999", "-1"),
    *(
        ".inf",
        ".nan",
        "+5",
        ".5",
        "5.",
        "2024-01-31",
        "2024-13-45",
        "9" * 40,
        "9" * 5000,
        "0" * 50,
        "-0",
        "1" + "0" * 30,
    ),
    *(
        "&a",
        "*a",
        "&a [*a]",
        "!!int 'x'",
        "!!bool maybe",
        "!!binary '?'",
        "!x y",
        "<<: {a: 1}",
        "? [a]\n: b",
        "---",
        "...",
    ),
    *(
        "[" * 60,
        "{a: " * 60,
        "- " * 60,
        "[]",
        "{}",
        "''",
        '"\\ud800"',
        '"\\x00"',
        "|\n  text",
        ">-\n",
        "%YAML 3.0",
        "# x",
    ),
    *("(a+)+$", "(?P<n", "a{99999999999}", "(" * 200, "[z-a]", "\\", "*" * 50, "../../etc", "/", "a" * 200, "é" * 100),
    *(
        "exact",
        "numeric",
        "regex",
        "choice",
        "tests",
        "json_fields",
        "files",
        "agent",
        "answer",
        "kind",
        "NaN",
        "Infinity",
    ),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**40, 10**400, 1.5, float("inf"), float("nan"), "", "no", "1:30", "a\0b", "x" * 3000),
    *(
        [],
        {},
        [[]],
        [None],
        {"": None},
        {"a": {}},
        {1: 2},
        {True: 1},
        [1, "1", 1.0],
        "\u2028",
        "\ufeff",
        "é",
        "(",
        "../x",
    ),
    *("exact", "tests", "regex", "files", "command", "agent", list(range(300)), {str(n): n for n in range(300)}),
)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WORD = re.compile(rb"[^\s:,\[\]{}'\"]+")


def mutated(random: Random, content: bytes, suffix: str) -> bytes:
    """The content after one to four mutations."""
    for _ in range(random.choice((1, 1, 2, 4))):
        content = random.choice((_bytes, _tokens, _tokens, _lines, _structure))(random, content, suffix)
    return content


def _bytes(random: Random, content: bytes, suffix: str) -> bytes:
    start = random.randrange(len(content) + 1)
    end = min(len(content), start + random.choice((0, 1, 1, 5, 200)))
    middle = random.choice((b"", random.choice(_BYTES), random.randbytes(3), content[start:end] * 3))
    return random.choice((content[:start], content[:start] + middle + content[end:]))


def _tokens(random: Random, content: bytes, suffix: str) -> bytes:
    """Replaces a word by another one, or by a token that means something in YAML or JSON."""
    words = list(_WORD.finditer(content))
    if not words:
        return random.choice(_TOKENS).encode()
    word = random.choice(words)
    token = random.choice((random.choice(_TOKENS).encode(), random.choice(words)[0]))
    return content[: word.start()] + token + content[word.end() :]


def _lines(random: Random, content: bytes, suffix: str) -> bytes:
    """Repeats, removes, moves or indents a line."""
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    change = random.randrange(4)
    if change == 0:
        lines.insert(random.randrange(len(lines) + 1), lines[at])
    elif change == 1:
        del lines[at]
    elif change == 2:
        lines[at] = b" " * random.randrange(6) + lines[at].lstrip()
    else:
        lines[at:at] = [lines[at]] * random.choice((2, 50))
    return b"\n".join(lines)


def _structure(random: Random, content: bytes, suffix: str) -> bytes:
    """Replaces, adds, removes or nests a part of the document."""
    if suffix == ".jsonl":
        lines = content.split(b"\n")
        at = random.randrange(len(lines))
        lines[at] = _structured(random, lines[at], json.loads, lambda value: json.dumps(value, default=str).encode())
        return b"\n".join(lines)
    if suffix == ".yaml":
        return _structured(random, content, _load_yaml, _dump_yaml)
    return content


def _load_yaml(content: bytes) -> Any:
    return yaml.load(content, _Loader)


def _dump_yaml(value: Any) -> bytes:
    return yaml.dump(value, Dumper=_Dumper).encode()


def _structured(random: Random, content: bytes, load: Callable[[bytes], Any], dump: Callable[[Any], bytes]) -> bytes:
    try:
        value = load(content)
        return dump(changed(random, value))
    except (ValueError, TypeError, yaml.YAMLError, RecursionError, OverflowError, KeyError, IndexError, AttributeError):
        return content


def changed(random: Random, value: Any) -> Any:
    places = list(_places(value))
    if not places:
        return deepcopy(random.choice(_VALUES))
    parent, key = random.choice(places)
    change = random.randrange(5)
    if change == 0:
        del parent[key]
    elif change == 1:
        parent[key] = _nested(random, parent[key])
    elif change == 2 and isinstance(parent, dict):
        parent[random.choice(("kind", "id", "sample_id", "samples", 5, None, "expected", "x" * 300))] = deepcopy(
            parent[key]
        )
    else:
        parent[key] = deepcopy(random.choice(_VALUES))
    return value


def _nested(random: Random, value: Any) -> Any:
    for _ in range(random.choice((1, 3, 60))):
        value = [value] if random.randrange(2) else {"a": value}
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every part of a document, as its parent and its key."""
    found: list[tuple[Any, Any]] = []
    parents = [value]
    for parent in parents:
        keys = range(len(parent)) if isinstance(parent, list) else list(parent) if isinstance(parent, dict) else ()
        found += [(parent, key) for key in keys]
        parents += [parent[key] for key in keys]
    return found
