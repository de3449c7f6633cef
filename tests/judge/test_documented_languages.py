"""The examples of docs/tasks.md in other languages work as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from msgspec import convert, structs

from assay.contracts.checks import Tests
from assay.contracts.verdicts import Outcome
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.grading.grade import grade
from tests.judge.harness import RealTools, hidden_tests
from tests.judge.test_languages import require_program

PAGE = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text()
SECTION = PAGE.partition("## Hidden tests in other languages\n")[2].partition("\n## ")[0]
_PATH = re.compile(r"^(?://|<!--) (?:workspace and reference: )?(\S+?)(?: -->)?\n")


def examples() -> dict[str, dict[str, str]]:
    """Blocks by framework and path; the block in YAML has the path ''."""
    found: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    for language, text in re.findall(r"```(\w+)\n(.*?)```", SECTION, re.DOTALL):
        named = _PATH.match(text)
        files[named[1] if named else ""] = text
        if language == "yaml":
            found[yaml.safe_load(text)["checks"][0]["framework"]] = files
            files = {}
    return found


def test_there_is_an_example_for_each_language() -> None:
    assert set(examples()) == {"node", "html", "go", "cargo", "cpp"}


@pytest.mark.parametrize("name", examples())
async def test_an_example_passes(tools: RealTools, name: str) -> None:
    require_program(name)
    files = dict(examples()[name])
    check = convert(yaml.safe_load(files.pop(""))["checks"][0], Tests)
    hidden = hidden_tests({}, check.expected)
    task = structs.replace(hidden.task, checks=(check,), sandbox=structs.replace(hidden.task.sandbox, memory_mb=512))
    hidden_files = {path: text.encode() for path, text in files.items() if path.startswith(("tests/", "driver/"))}
    submitted = {path: text.encode() for path, text in files.items() if path not in hidden_files}
    graded = await grade(HiddenBundle(task=task, files=hidden_files), "main", submitted, tools)
    assert graded.verdict.outcome is Outcome.PASSED, graded.verdict.reason
