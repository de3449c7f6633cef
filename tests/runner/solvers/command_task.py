"""A copy of the catalogue in which a program of its own solves ``invoice_totals`` too: the same task in other hands."""

from __future__ import annotations

import shutil
from pathlib import Path

COMMAND_TASK = "invoice_totals_command"
_CATALOG = Path(__file__).parents[3] / "catalog"
_PROGRAM = Path(__file__).with_name("command_agent.py")


def catalog_with_command_task(folder: Path) -> Path:
    """The catalogue's folder. ``scripted/repairer`` solves both tasks."""
    catalog = folder / "shipped"
    shutil.copytree(_CATALOG, catalog, ignore=shutil.ignore_patterns("__pycache__"))
    task = shutil.copytree(catalog / "tasks/invoice_totals", catalog / "tasks" / COMMAND_TASK)
    program = task / "workspace/tools/agent.py"
    program.parent.mkdir()
    shutil.copy(_PROGRAM, program)
    manifest = task / "task.yaml"
    manifest.write_text(_as_command(manifest.read_text()))
    script = catalog / "scripted/repairer.yaml"
    script.write_text(script.read_text().replace("turns:\n", f"turns:\n  {COMMAND_TASK}: invoice_totals\n", 1))
    return catalog


def _as_command(manifest: str) -> str:
    for before, after in (
        ("id: invoice_totals\n", f"id: {COMMAND_TASK}\n"),
        ("solver: agent\n", "solver: command\ncommand: [python3, tools/agent.py]\n"),
        ("tools: [bash, python, text_editor, git_diff, submit]\n", ""),
        (" tool_calls: 60,", ""),
        ("cpu_seconds: 20", "cpu_seconds: 60"),
    ):
        assert before in manifest
        manifest = manifest.replace(before, after, 1)
    return manifest
