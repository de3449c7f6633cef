"""docs/events.md documents exactly the facts and frames that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

from assay.contracts import facts, live

EVENTS_PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()


def section(title: str) -> str:
    return re.split(r"^#+ ", EVENTS_PAGE.split(f"# {title}\n")[1], flags=re.MULTILINE)[0]


def names(union: Any) -> set[str]:
    return {kind.name() for kind in get_args(union)}


def rows(text: str, pattern: str = r"[a-z_.]+") -> set[str]:
    return set(re.findall(rf"^\| `({pattern})`", text, flags=re.MULTILINE))


def test_every_fact_is_documented() -> None:
    assert {name for name in rows(section("A fact")) if "." in name} == names(facts.Fact)


def test_every_envelope_field_is_documented() -> None:
    documented = {name for name in rows(section("A fact")) if "." not in name}
    assert documented == set(facts.Event.__struct_fields__)


def test_every_server_frame_is_documented() -> None:
    assert rows(section("Server frames")) == names(live.ServerFrame)


def test_every_client_frame_is_documented() -> None:
    documented = set(re.findall(r'^\| `\{"type": "([a-z]+)"', section("Client frames"), flags=re.MULTILINE))
    assert documented == names(live.ClientFrame)
