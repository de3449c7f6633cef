"""``python -m services.ledger.attempts.diagram`` writes the transitions of ``lifecycle.py`` to docs/architecture.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from services.ledger.attempts.lifecycle import TRANSITIONS, Rule

PAGE = Path(__file__).parents[3] / "docs" / "architecture.md"
_BEGIN = "<!-- transitions: written by `python -m services.ledger.attempts.diagram` -->\n"
_END = "<!-- end of transitions -->\n"


def page_with_diagram(page: str) -> str:
    """The page with the text between its two markers replaced."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n{diagram()}\n{table()}\n{_END}{after}"


def diagram() -> str:
    """A Mermaid state diagram, with one arrow for each pair of states."""
    events: dict[tuple[str, str], dict[str, None]] = {}
    for rule in TRANSITIONS:
        events.setdefault((rule.before.value, rule.after.value), {})[rule.event.value] = None
    arrows = [f"    {before} --> {after}: {', '.join(names)}" for (before, after), names in events.items()]
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> waiting", *arrows, "    done --> [*]", "```"]
    return "\n".join(lines) + "\n"


def table() -> str:
    """A Markdown table, with one row for rules that only differ in the state before."""
    before: dict[tuple[str, ...], list[str]] = {}
    for rule in TRANSITIONS:
        before.setdefault(_cells(rule), []).append(f"`{rule.before.value}`")
    return "".join(_rows(before))


def _cells(rule: Rule) -> tuple[str, ...]:
    return rule.event.value, f"`{rule.after.value}`", f"`{rule.fact.name()}`" if rule.fact else "none", rule.when


def _rows(before: dict[tuple[str, ...], list[str]]) -> Iterator[str]:
    yield "| event | from | to | fact | when |\n|---|---|---|---|---|\n"
    for (event, after, fact, when), states in before.items():
        yield f"| {event} | {', '.join(states)} | {after} | {fact} | {when} |\n"


if __name__ == "__main__":
    PAGE.write_text(page_with_diagram(PAGE.read_text()))
