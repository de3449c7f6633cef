"""``python -m tests.cheats.table`` rewrites the table of docs/integrity.md: how many cheats there are of each kind, by
language or solver."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.cheats.harness import KINDS, kinds

PAGE = Path(__file__).parents[2] / "docs" / "integrity.md"
BEGIN, END = "<!-- table: python -m tests.cheats.table -->", "<!-- end of table -->"
COLUMNS = {
    "Python": ("python", "python_speed"),
    "JavaScript": ("javascript",),
    "HTML": ("html",),
    "Go": ("go",),
    "Rust": ("rust",),
    "C++": ("cpp", "cpp_tap"),
    "SQL": ("sql",),
    "agent": ("agent",),
    "command": ("command",),
}
"""The tasks of each column."""


def main() -> None:
    PAGE.write_text(with_table(PAGE.read_text()))


def with_table(page: str) -> str:
    """The page with a table that is up to date."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    table = "\n".join(table_lines())
    return pattern.sub(lambda _: f"{BEGIN}\n{table}\n{END}", page)


def table_lines() -> Iterator[str]:
    counts = Counter(
        (kind, column) for column, tasks in COLUMNS.items() for task in tasks for kind in kinds()[task].values()
    )
    yield f"| kind | {' | '.join(COLUMNS)} | all |"
    yield f"|---|{'---:|' * (len(COLUMNS) + 1)}"
    for kind in KINDS:
        yield _row(kind, [counts[kind, column] for column in COLUMNS])
    sums = [sum(counts[kind, column] for kind in KINDS) for column in COLUMNS]
    yield _row("**all**", sums)


def _row(name: str, numbers: list[int]) -> str:
    cells = [str(number or "") for number in numbers]
    return f"| {name} | {' | '.join(cells)} | {sum(numbers)} |"


if __name__ == "__main__":
    main()
