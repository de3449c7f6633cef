"""Functions are read in one breath and modules in one sitting."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("assay", "services", "tests", "bench", "web/src")
MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 300
MAX_LINE_CHARACTERS = 120
"""In Python, ruff checks it; biome breaks code of the dashboard, but not its templates."""


def sources(*suffixes: str) -> list[Path]:
    """Files under version control or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PARTS]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    paths = [ROOT / name for name in names if name.endswith(suffixes)]
    return [path for path in paths if path.exists() and ".d.ts" not in path.name]


def long_functions(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield f"{node.lineno}: {node.name} has {lines} lines"


def test_functions_are_short() -> None:
    found = [f"{path.relative_to(ROOT)}:{text}" for path in sources(".py") for text in long_functions(path.read_text())]
    assert not found


def test_modules_are_short() -> None:
    counted = {path: path.read_text().count("\n") for path in sources(".py", ".ts", ".css")}
    assert counted
    found = [f"{path.relative_to(ROOT)}: {lines} lines" for path, lines in counted.items() if lines > MAX_MODULE_LINES]
    assert not found


def test_lines_of_the_dashboard_are_short() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)} characters"
        for path in sources(".ts", ".css")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > MAX_LINE_CHARACTERS
    ]
    assert not found


def test_a_long_function_would_be_found() -> None:
    body = "\n".join(["    pass"] * MAX_FUNCTION_LINES)
    assert list(long_functions(f"def long():\n{body}\n")) == ["1: long has 61 lines"]
    assert not list(long_functions(f"def short():\n{body[9:]}\n"))
