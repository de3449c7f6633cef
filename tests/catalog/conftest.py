"""A small valid catalogue for tests to change, with a task of files and a task of questions."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from assay.catalog import Catalog, InvalidCatalog

CLAMP = """\
id: clamp
title: Clamp a number
category: coding
difficulty: easy
language: python
solver: files
outputs: [solution.py]
instructions: Write clamp(number, low, high) in solution.py.
checks:
  - kind: tests
    expected:
      - test_clamp.py::test_low
      - test_clamp.py::test_high
"""

CLAMP_TESTS = """\
from solution import clamp


def test_low():
    assert clamp(1, 2, 3) == 2


def test_high():
    assert clamp(4, 2, 3) == 3
"""

COLOURS = """\
id: colours
title: Name the colour
category: questions
difficulty: trivial
solver: answer
instructions: Answer with one word.
checks:
  - kind: choice
    options: [red, green, blue]
"""

COLOUR_SAMPLES = """\
{"sample_id": "grass", "input": "What colour is grass?", "expected": "green"}
{"sample_id": "blood", "input": "What colour is blood?", "expected": "red"}
{"sample_id": "sea", "input": "What colour is the sea on a map?", "expected": "blue"}
"""

MODELS = """\
providers:
  local:
    kind: embedded
    title: Here
    models:
      - {name: tiny, parameters: {temperature: 0.0, extra: {top_k: 1}}}
  openai:
    kind: openai
    title: OpenAI
    base_url: https://models.example/v1
    api_key_env: EXAMPLE_KEY
    any_model: true
    models: [{name: gpt-4o-mini}]
  strict:
    kind: openai
    title: Lists all its models
    base_url: https://strict.example/v1
    models: [{name: alpha-large}, {name: beta/small}]
"""

PRICES = """\
versions:
  - from: 2024-01-01
    models:
      strict/alpha-large: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}
      "strict/*": {input_usd_per_mtok: 0.1, output_usd_per_mtok: 0.2}
  - from: 2025-01-01
    models:
      strict/alpha-large: {input_usd_per_mtok: "3.5", cached_usd_per_mtok: 0.35, output_usd_per_mtok: 7}
"""

SUITE = """\
id: small
title: Small
tasks: [colours]
categories: [coding]
weights: {colours: 3}
repeats: 2
samples: 2
limits: {max_tokens: 50}
"""

SCRIPT = """\
title: Canned
default: no idea
responses:
  clamp: a response
  colours: {grass: green, default: red}
"""


class Folder:
    """A catalogue on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text), "utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text("utf-8")
        assert old in text
        (self.root / path).write_text(text.replace(old, new), "utf-8")

    def open(self) -> Catalog:
        return Catalog.open(self.root, recheck_seconds=0)

    def mistakes(self) -> list[str]:
        return [str(mistake) for mistake in self.open().mistakes()]

    def refusal(self, task_id: str) -> InvalidCatalog:
        with pytest.raises(InvalidCatalog) as caught:
            self.open().find_task(task_id)
        return caught.value


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "catalog")
    made.write("tasks/clamp/task.yaml", CLAMP)
    made.write("tasks/clamp/tests/test_clamp.py", CLAMP_TESTS)
    made.write("tasks/clamp/workspace/solution.py", "def clamp(number, low, high):\n    pass\n")
    made.write("tasks/clamp/reference/solution.py", "def clamp(n, a, b):\n    return min(max(n, a), b)\n")
    made.write("tasks/clamp/noop/solution.py", "def clamp(number, low, high):\n    pass\n")
    made.write("tasks/clamp/cheats/exits/solution.py", "raise SystemExit(0)\n")
    made.write("tasks/clamp/cheats/lies/solution.py", "def clamp(*_):\n    return AllEqual()\n")
    made.write("tasks/colours/task.yaml", COLOURS)
    made.write("tasks/colours/samples.jsonl", COLOUR_SAMPLES)
    made.write("models.yaml", MODELS)
    made.write("prices.yaml", PRICES)
    made.write("suites/small.yaml", SUITE)
    made.write("scripted/canned.yaml", SCRIPT)
    return made
