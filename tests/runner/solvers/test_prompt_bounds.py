"""No prompt is longer than the bound from which the ledger computes the money to reserve."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.catalog import Catalog, Task, make_bundles
from assay.catalog.tasks.bundles import public_task
from assay.catalog.tasks.manifest import SampleManifest, TaskManifest
from assay.catalog.tasks.prompt_size import AGENT_PROMPT_BYTES, prompt_bytes
from assay.contracts.checks import Tests
from assay.contracts.models import Parameters
from assay.contracts.money import worst_prompt_tokens
from assay.contracts.tasks import Difficulty, Limits, PublicTask, Sample, Solver, Tool
from services.runner.models import ChatMessage, ModelRequest
from services.runner.models.usage_bound import usage_bound
from services.runner.solvers.agent.definitions import definitions
from services.runner.solvers.agent.prompt import agent_prompt
from services.runner.solvers.agent.tool_protocol import NativeToolProtocol, TextToolProtocol
from services.runner.solvers.prompts import answer_prompt, files_prompt
from services.runner.task_bundles import files_below
from services.runner.text import to_bytes

CATALOG = Catalog.open(Path(__file__).parents[3] / "catalog")

AWKWARD = TaskManifest(
    id="awkward",
    title="Awkward files",
    category="coding",
    difficulty=Difficulty.EASY,
    solver=Solver.FILES,
    system="Sei gründlich.",
    outputs=("out.md", "lib/", "a/very/long/path/that/is/handed/in/and/shown/as/the/example.py", "*.txt"),
    instructions="Schreibe etwas Schönes.",
    checks=(Tests(expected=("test_x.py::test_x",)),),
    samples=(SampleManifest(sample_id="one", input="\U0001f600 und noch mehr"), SampleManifest(sample_id="two")),
)


def prompt(task: Task, sample: Sample) -> list[ChatMessage]:
    public = public_task(task)
    workspace = files_below(make_bundles(task).public, "workspace/")
    if task.manifest.solver is Solver.ANSWER:
        return answer_prompt(public, sample)
    if task.manifest.solver is Solver.AGENT:
        return agent_prompt(
            public, sample, workspace, public.limits, TextToolProtocol(definitions(public.tools)).system_text
        )
    return files_prompt(public, sample, workspace)


def sent_bytes(messages: list[ChatMessage]) -> int:
    return sum(len(to_bytes(message.content)) for message in messages)


def check(task: Task) -> None:
    for sample in public_task(task).samples:
        sent = sent_bytes(prompt(task, sample))
        bound = prompt_bytes(task, [sample.sample_id])
        assert sent <= bound <= prompt_bytes(task, task.sample_ids)
        overhead = (
            AGENT_PROMPT_BYTES
            if task.manifest.solver in (Solver.AGENT, Solver.COMMAND)
            else 600 + 100 * len(task.files)
        )
        assert bound < sent + overhead, "the bound exceeds the prompt only by the fixed text around it"


@pytest.mark.parametrize("task", CATALOG.tasks(), ids=lambda task: task.task_id)
def test_no_prompt_of_the_catalogue_exceeds_its_bound(task: Task) -> None:
    check(task)


def test_an_agents_first_request_with_all_tools_and_many_files_is_within_its_bound() -> None:
    names = tuple(f"folder/{number:0100}.py" for number in range(500))
    limits = Limits(turns=1_000_000, tool_calls=1_000_000)
    task = PublicTask(
        task_id="t", digest="", title="", instructions="", solver=Solver.AGENT, tools=tuple(Tool), outputs=names
    )
    native, text = NativeToolProtocol(definitions(tuple(Tool))), TextToolProtocol(definitions(tuple(Tool)))
    for protocol in (native, text):
        messages = agent_prompt(task, Sample(sample_id="x"), names, limits, protocol.system_text)
        request = ModelRequest(
            messages=tuple(messages), parameters=Parameters(max_tokens=1), tools=tuple(protocol.request_tools)
        )
        bound = usage_bound(request)
        assert bound.input_tokens <= worst_prompt_tokens(AGENT_PROMPT_BYTES, 2)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"\xff\xfe", "größer\n".encode(), b"```\n" * 50, b"`" * 900 + b"\n", b"\n\n", "\u2028".encode() * 9],
    ids=["empty", "one", "binary", "text", "fences", "long fence", "blank", "separators"],
)
def test_a_prompt_with_awkward_files_is_within_its_bound(content: bytes) -> None:
    files = {f"workspace/{name}": content for name in ("n.txt", "deep/er/größer.md", "z")}
    check(Task(manifest=AWKWARD, files=files, digest="0" * 64))
