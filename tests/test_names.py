"""Names that were dropped for the field's terms (docs/glossary.md) do not come back as identifiers or module names.

Migrations are exempt: what is applied is never edited.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.test_sizes import ROOT, sources

DROPPED_WORDS = """
    undertaker undertaking grave graves graveyard bury buried burial stray strays standstill winding chirp sing bulletin
    shelter giver givers feeder feeding untold purse shelf barren breath chore doorkeeper hindrance hasten headroom
    checkup tally clockwork court lent lending leftovers narrowing crosscheck whoever homeless told
"""
"""Not even as a part of an identifier, between capitals or underscores."""

DROPPED_NAMES = {
    "services/ledger tests/ledger tests/faults": """
        Death Standing Duty DEAF_SECONDS GATHER_SECONDS Line Round Note Delta HandedIn tell_stalled count_in""",
    "services/runner tests/runner": """
        Purse make_room Served hear say Pace Listener Talk handing_in""",
    "services/judge tests/judge": "TestBench hold Trial theirs ours complaint heal",
    "services/gateway tests/gateway": "CatalogNames Chosen Marks Door Visitor Gate Heard Owed Watched calm",
    "assay/worker assay/service tests/worker": "Offer Pulse hear_share",
    "assay/bus tests/bus": "Fate Line Held carry",
    "assay/sandbox tests/sandbox": "Room Holder",
    "assay/embedded tests/embedded": "well What",
    "tests/web web/src": "Past Rest Heart LACKING",
}
"""As a whole identifier, below these folders."""

DROPPED_MODULES = {
    "services/ledger tests/ledger tests/faults": """
        canary guard watches loops worth sharing sweeping changes board boards claiming desk books house cable line""",
    "services/runner tests/runner": """
        trying asking wire spoken pacing pace window bucket news probing previewing tailing receipts talking
        tooling remains handing_in room till turns asked""",
    "services/judge tests/judge": "bench trial atoms life searcher searching turns keeping finding trials",
    "services/gateway tests/gateway": "names amounts collecting pace outbox house doors",
    "assay/worker assay/service tests/worker": "lifetime offering claiming desk",
    "assay/bus tests/bus": "answers inflow origin shelf dead line",
    "assay/sandbox tests/sandbox": "room inside orders packed spares fairness owner kernels trap",
    "assay/catalog tests/catalog": "near showing installing shapes replaying",
    "assay/cli tests/cli": "finding following limiting news showing previewing",
    "assay/embedded tests/embedded": "identity children",
    "tests/web web/src": "outlook notes past rest heart plain stage play till steering",
    "tests/system": "cable",
}
"""As the name of a module or folder, below these folders."""

EXEMPT = "services/ledger/database/migrations/"
_DECLARED = re.compile(r"\b(?:class|function|const|let|interface|type|enum)\s+([A-Za-z_$][\w$]*)")


def python_names(source: str) -> Iterator[str]:
    """Every name that a module binds: what it defines, assigns, imports or takes as a parameter."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.rpartition(".")[2]
            case _:
                pass


def words_of(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def below(path: str, table: dict[str, str]) -> set[str]:
    """What the table lists for the folders that the path is in."""
    found = [listed.split() for folders, listed in table.items() if path.startswith(tuple(folders.split()))]
    return {name for names in found for name in names}


def found_in(path: str, source: str) -> set[str]:
    """Dropped names in a file, its own name and folders among them."""
    names = set(python_names(source)) if path.endswith(".py") else set(_DECLARED.findall(source))
    modules = {part.partition(".")[0].removeprefix("test_") for part in path.split("/")}
    dropped = {name for name in names | modules if words_of(name) & set(DROPPED_WORDS.split())}
    dropped |= {name for name in names if name.removeprefix("_") in below(path, DROPPED_NAMES)}
    return dropped | (modules & below(path, DROPPED_MODULES))


def test_no_dropped_name_is_back() -> None:
    found: list[str] = []
    for path in sources(".py", ".ts"):
        relative = path.relative_to(ROOT).as_posix()
        if not relative.startswith(EXEMPT):
            found += [f"{relative}: {name}" for name in sorted(found_in(relative, path.read_text()))]
    assert not found, "\n".join(found)


def test_a_dropped_name_would_be_found() -> None:
    assert found_in("services/ledger/money/x.py", "def open_purse(): ...") == {"open_purse"}
    assert found_in("assay/sandbox/room.py", "") == {"room"}
    assert found_in("assay/cli/x.py", "class Room: ...") == set()
    assert found_in("web/src/x.ts", "export class Heart {}") == {"Heart"}
