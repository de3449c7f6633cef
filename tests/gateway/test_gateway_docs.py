"""docs/events.md names every fact and every frame there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

from assay.contracts import facts, live

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()


def section(title: str) -> str:
    return re.split(r"^#+ ", PAGE.split(f"# {title}\n")[1], flags=re.MULTILINE)[0]


def names(union: Any) -> set[str]:
    return {kind.name() for kind in get_args(union)}


def rows(text: str, pattern: str = r"[a-z_.]+") -> set[str]:
    return set(re.findall(rf"^\| `({pattern})`", text, flags=re.MULTILINE))


def test_facts() -> None:
    assert {name for name in rows(section("A fact")) if "." in name} == names(facts.Fact)


def test_the_envelope() -> None:
    told = {name for name in rows(section("A fact")) if "." not in name}
    assert told == set(facts.Event.__struct_fields__)


def test_frames_to_the_client() -> None:
    assert rows(section("Server frames")) == names(live.ServerFrame)


def test_frames_from_the_client() -> None:
    told = set(re.findall(r'^\| `\{"type": "([a-z]+)"', section("Client frames"), flags=re.MULTILINE))
    assert told == names(live.ClientFrame)
