"""Manifests of solvers that work in turns: required fields, and fields that other solvers must not have."""

from __future__ import annotations

import pytest

from assay.catalog import make_bundles
from assay.contracts.codec import decode
from assay.contracts.runs import RunRequest
from assay.contracts.tasks import PublicTask, Tool
from tests.catalog.conftest import Folder

AGENT = "solver: agent\ntools: [bash, submit]\nlimits: {turns: 5, cost_usd: '0.5'}"
COMMAND = "solver: command\ncommand: [python3, agent.py]\nlimits: {turns: 5}"
TASK = "catalog/tasks/clamp/task.yaml"


@pytest.mark.parametrize("solver", [AGENT, COMMAND])
def test_a_valid_manifest_loads_with_what_the_runner_needs(folder: Folder, solver: str) -> None:
    folder.edit("tasks/clamp/task.yaml", "solver: files", solver)
    assert folder.mistakes() == []
    task = decode(PublicTask, make_bundles(folder.open().find_task("clamp")).public["task.json"])
    assert (task.tools, task.command) in (((Tool.BASH, Tool.SUBMIT), ()), ((), ("python3", "agent.py")))
    assert task.limits.turns == 5


@pytest.mark.parametrize(
    ("solver", "expected"),
    [
        (
            AGENT.replace("tools: [bash, submit]\n", ""),
            "tools: is missing; list the tools of solver 'agent': bash",
        ),
        (AGENT.replace("submit", "bash"), "tools[1]: 'bash' is listed twice"),
        (AGENT.replace("submit", "submitt"), "tools[1]: unknown tool 'submitt'; did you mean 'submit'?"),
        (AGENT.replace("turns: 5, ", ""), "limits.turns: is missing; set the maximum number of turns of an attempt"),
        (AGENT.replace("'0.5'", "much"), 'limits.cost_usd: must be US dollars as a decimal string such as "0.25"'),
        (AGENT + "\ncommand: [ls]", "command: is only allowed for solver 'command'"),
        (
            COMMAND.replace("command: [python3, agent.py]\n", ""),
            "command: is missing; name the program that solver 'command' runs",
        ),
        ("solver: files\nlimits: {tool_calls: 3}", "limits.tool_calls: only solvers 'agent' and 'command' have tool"),
        (AGENT + "\nmcp: [{name: a}]", "mcp[0]: must be either a command, run in the sandbox, or a url"),
        (AGENT + "\nmcp: [{name: a, command: [b], url: 'http://c'}]", "mcp[0]: must be either a command"),
        (
            AGENT + "\nmcp: [{name: a, command: [b]}, {name: a, command: [c]}]",
            "mcp[1].name: 'a' is already the name of an",
        ),
        (AGENT + "\nmcp: [{name: a, url: 'ftp://b'}]", "mcp[0].url: "),
        (AGENT + "\nmcp: [{name: a, url: 'http://user:key@b'}]", "mcp[0].url: "),
        (AGENT + "\nmcp: [{name: A b, command: [c]}]", "mcp[0].name: "),
        (COMMAND + "\nmcp: [{name: a, command: [b]}]", "mcp: is only allowed for solver 'agent'"),
        ("solver: files\ntools: [bash]", "tools: is only allowed for solver 'agent'"),
        ("solver: files\nlimits: {turns: 3}", "limits.turns: only solvers 'agent' and 'command' have turns"),
    ],
)
def test_a_mistake_is_reported(folder: Folder, solver: str, expected: str) -> None:
    folder.edit("tasks/clamp/task.yaml", "solver: files", solver)
    found = folder.mistakes()
    assert any(mistake.startswith(TASK) and expected in mistake for mistake in found), found


def test_a_suite_lowers_only_its_own_limits(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "solver: files", AGENT)
    selection = folder.open().resolve(RunRequest(models=("oracle",), suite="small"))
    limits = next(one.limits for one in selection.tasks if one.task.task_id == "clamp")
    assert (limits.max_tokens, limits.turns, limits.cost_usd) == (50, 5, "0.5")


def test_scripted_turns_must_belong_to_known_tasks(folder: Folder) -> None:
    folder.edit("scripted/canned.yaml", "responses:", "turns:\n  clamb: [{tool: bash}]\nresponses:")
    assert any("turns.clamb" in mistake and "did you mean 'clamp'?" in mistake for mistake in folder.mistakes())
