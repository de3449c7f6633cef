"""The catalogue of the runner's tests: one task per solver, and models at the fake endpoint."""

from __future__ import annotations

from pathlib import Path

SUM_FILES = {
    "workspace/total.py": "def total(*numbers):\n    return 0\n",
    "reference/total.py": "def total(*numbers):\n    return sum(numbers)\n",
    "noop/total.py": "def total(*numbers):\n    return 0\n",
    "cheats/a/total.py": "total = print\n",
    "cheats/b/total.py": "raise SystemExit\n",
    "tests/test_total.py": "from total import total\n\n\ndef test_total():\n    assert total(1, 2) == 3\n",
}
"""Of a task that asks to make ``total`` a sum."""

TASKS = {
    "sum_files/task.yaml": """
id: sum_files
title: Two files
category: coding
difficulty: easy
language: python
solver: files
outputs: [total.py, lib/]
instructions: Make total() the sum of its arguments.
checks: [{kind: tests, expected: ["test_total.py::test_total"]}]
""",
    "sum_files/workspace/total.py": "def total(*numbers):\n    return 0\n",
    "sum_files/workspace/lib/numbers.py": "ONE = 1\nTWO = 2\n",
    "sum_files/workspace/notes.txt": "Keep me.\n",
    "sum_files/reference/total.py": "def total(*numbers):\n    return sum(numbers)\n",
    "sum_files/reference/lib/numbers.py": "ONE = 1\nTWO = 2\n",
    "sum_files/noop/total.py": "def total(*numbers):\n    return 0\n",
    "sum_files/cheats/a/total.py": "total = print\n",
    "sum_files/cheats/b/total.py": "raise SystemExit\n",
    "sum_files/tests/test_total.py": "from total import total\n\n\ndef test_total():\n    assert total(1, 2) == 3\n",
    "fix_sum/task.yaml": """
id: fix_sum
title: Fix the sum
category: repair
difficulty: easy
language: python
solver: agent
tools: [bash, python, text_editor, git_diff, submit]
outputs: [total.py, lib/]
limits: {turns: 9}
instructions: Make total() the sum of its arguments.
checks: [{kind: tests, expected: ["test_total.py::test_total"]}]
""",
    **{
        f"fix_sum/{path}": content
        for path, content in {
            "workspace/total.py": "def total(*numbers):\n    return 0\n",
            "workspace/lib/numbers.py": "ONE = 1\nTWO = 2\n",
            "workspace/notes.txt": "Keep me.\n",
            "reference/total.py": "def total(*numbers):\n    return sum(numbers)\n",
            "reference/lib/numbers.py": "ONE = 1\nTWO = 2\n",
            "noop/total.py": "def total(*numbers):\n    return 0\n",
            "cheats/a/total.py": "total = print\n",
            "cheats/b/total.py": "raise SystemExit\n",
            "tests/test_total.py": "from total import total\n\n\ndef test_total():\n    assert total(1, 2) == 3\n",
        }.items()
    },
    "by_program/task.yaml": """
id: by_program
title: Fix the sum
category: repair
difficulty: easy
language: python
solver: command
command: [python3, tools/agent.py]
outputs: [total.py]
limits: {turns: 9}
instructions: Make total() the sum of its arguments.
checks: [{kind: tests, expected: ["test_total.py::test_total"]}]
""",
    **{
        f"by_program/{path}": content
        for path, content in {
            **SUM_FILES,
            "workspace/tools/agent.py": (Path(__file__).parent / "solvers/command/program_agent.py").read_text(),
        }.items()
    },
    "mcp_tools/task.yaml": """
id: mcp_tools
title: Fix the sum with tools of an MCP server
category: repair
difficulty: easy
language: python
solver: agent
tools: [bash, submit]
mcp: [{name: shop, command: [python3, tools/server.py]}]
outputs: [total.py]
limits: {turns: 9}
instructions: Make total() the sum of its arguments.
checks: [{kind: tests, expected: ["test_total.py::test_total"]}]
""",
    **{
        f"mcp_tools/{path}": content
        for path, content in {
            **SUM_FILES,
            "workspace/tools/server.py": (Path(__file__).parent / "solvers/agent/mcp_server.py").read_text(),
        }.items()
    },
    "colours/task.yaml": """
id: colours
title: Name the colour
category: knowledge
difficulty: trivial
solver: answer
system: You answer with one word.
instructions: Which colour is this?
noop_answer: none
checks: [{kind: exact}]
samples:
  - {sample_id: sky, input: The sky by day., expected: blue}
  - {sample_id: grass, input: Grass., expected: green}
""",
}


def write_catalog(folder: Path, url: str) -> None:
    for path, content in TASKS.items():
        file = folder / "tasks" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (folder / "models.yaml").write_text(
        f"""providers:
  stub: {{kind: openai, title: Stub, base_url: "{url}", api_key_env: STUB_KEY, concurrency: 2, any_model: true}}
  wide: {{kind: openai, title: Many, base_url: "{url}", api_key_env: STUB_KEY, concurrency: 64, any_model: true}}
  keyless: {{kind: openai, title: No key, base_url: "{url}", api_key_env: KEYLESS_KEY, any_model: true}}
  homeless: {{kind: openai, title: No address, base_url_env: HOMELESS_URL, any_model: true}}
  local: {{kind: embedded, title: Here, concurrency: 2, models: [{{name: smollm2-135m}}]}}
"""
    )
    (folder / "scripted").mkdir()
    (folder / "scripted" / "colours.yaml").write_text(
        """title: Colours
responses:
  colours: {sky: blue, default: "I do not know"}
"""
    )
