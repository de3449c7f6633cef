"""The catalog of load L: a task with known answers and a provider with known prices."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

SAMPLES = 5
MODEL = "paid/echo"
INPUT_USD_PER_MTOK = 1
OUTPUT_USD_PER_MTOK = 4

TASK = """
id: echo
title: Say a word again
category: faults
difficulty: trivial
solver: answer
instructions: Say the last word again.
noop_answer: ""
limits: {wall_seconds: 60, max_tokens: 8}
checks:
  - kind: exact
"""

MODELS = """
providers:
  paid:
    kind: openai
    title: Answers after a while, for money
    base_url: BASE_URL
    concurrency: 256
    any_model: true
"""

PRICES = f"""
versions:
  - from: 2025-01-01
    models:
      paid/*: {{input_usd_per_mtok: {INPUT_USD_PER_MTOK}, output_usd_per_mtok: {OUTPUT_USD_PER_MTOK}}}
"""


SANDBOXED = "run_length"
"""A task of the real catalog: with the scripted model's diff, runner and judge both need a sandbox."""
SCRIPTED = "scripted/diff"
DIFF = f"""
title: Answers with a diff, which takes a sandbox to apply
price: {{input_usd_per_mtok: 1, output_usd_per_mtok: 4}}
responses:
  {SANDBOXED}: |
    ```diff
    --- a/solution.py
    +++ b/solution.py
    @@ -1,5 +1,5 @@
     def encode(text):
    -    pass
    +    return []


     def decode(pairs):
    ```
"""

_REAL = Path(__file__).parents[3] / "catalog"


def write_catalog(folder: Path, base_url: str) -> None:
    shutil.copytree(_REAL / "tasks" / SANDBOXED, folder / "tasks" / SANDBOXED)
    (folder / "scripted").mkdir()
    (folder / "scripted" / "diff.yaml").write_text(DIFF)
    task = folder / "tasks" / "echo"
    task.mkdir(parents=True)
    (folder / "suites").mkdir()
    (task / "task.yaml").write_text(TASK)
    lines = ({"sample_id": f"s{n}", "input": f"The word is w{n}", "expected": f"w{n}"} for n in range(SAMPLES))
    (task / "samples.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    (folder / "models.yaml").write_text(MODELS.replace("BASE_URL", base_url))
    (folder / "prices.yaml").write_text(PRICES)


def cost_nanousd(input_tokens: int, output_tokens: int) -> int:
    """At the prices above, which are whole nano-dollars per token."""
    return 1000 * (input_tokens * INPUT_USD_PER_MTOK + output_tokens * OUTPUT_USD_PER_MTOK)
