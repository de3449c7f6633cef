"""The cases and their times, for docs/faults.md."""

from __future__ import annotations

from pathlib import Path


def record(results: Path, case: str, seen: str) -> None:
    """Append a row to the table of results."""
    results.parent.mkdir(parents=True, exist_ok=True)
    with results.open("a") as file:
        print(f"| {case} | {seen} |", file=file)
