"""The dashboard's types have the fields that the Python contracts have, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.contracts import (
    artifacts,
    attempts,
    facts,
    live,
    models,
    money,
    problems,
    rpc,
    runs,
    spending,
    tail,
    tasks,
    verdicts,
)

WEB = Path(__file__).parents[2] / "web" / "src"
MODULES = (artifacts, attempts, facts, live, models, money, problems, rpc, runs, spending, tail, tasks, verdicts)
PARTIAL = {"Parameters", "RunRequest"}
"""Only what the dashboard sends."""


def wire() -> str:
    return "\n".join((WEB / name).read_text() for name in ("contracts.ts", "spending.ts", "live/frames.ts"))


def written() -> dict[str, set[str]]:
    text = wire()
    found = re.findall(r"export interface (\w+) \{\n(.*?)\n\}", text, re.DOTALL)
    return {name: set(re.findall(r"^  (\w+)\??:", body, re.MULTILINE)) for name, body in found}


def defined(name: str) -> set[str]:
    struct: Any = next(getattr(module, name) for module in MODULES if hasattr(module, name))
    fields = {field.encode_name for field in msgspec.structs.fields(struct)}
    return fields | ({"type"} if struct.__struct_config__.tag_field == "type" else set())


def test_there_are_types_to_compare() -> None:
    assert len(written()) > 25


@pytest.mark.parametrize("name", sorted(written()))
def test_fields_are_those_of_the_contract(name: str) -> None:
    ours, theirs = written()[name], defined(name)
    assert ours <= theirs if name in PARTIAL else ours == theirs


@pytest.mark.parametrize(
    ("constant", "kind"),
    [
        ("STATES", attempts.State),
        ("OUTCOMES", verdicts.Outcome),
        ("RUN_STATUSES", runs.RunStatus),
        ("WAIT_REASONS", runs.WaitReason),
        ("ACCOUNT_KINDS", spending.AccountKind),
        ("COSTS_BY", rpc.CostBy),
    ],
)
def test_words_are_those_of_the_contract(constant: str, kind: Any) -> None:
    text = wire()
    body = re.search(rf"export const {constant} = \[(.*?)\] as const", text, re.DOTALL)
    assert body
    assert re.findall(r'"(\w+)"', body[1]) == [str(member) for member in kind]
