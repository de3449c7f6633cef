"""Tasks as workers see them. ``assay.catalog`` creates them from task folders, which docs/tasks.md describes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.checks import AnyCheck, Reveal, Weight
from assay.contracts.codec import Data
from assay.contracts.evaluation import EvaluationSpec
from assay.contracts.judging import Judging
from assay.contracts.money import Usd
from assay.contracts.sandboxspec import SandboxSpec

TaskId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]


class Difficulty(StrEnum):
    TRIVIAL = "trivial"
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    EXPERT = "expert"


class Solver(StrEnum):
    """How an attempt is solved: by answering one message, by returning files in one message, by an agent that uses
    tools in several turns, or by an external program."""

    ANSWER = "answer"
    FILES = "files"
    AGENT = "agent"
    COMMAND = "command"

    @property
    def hands_in_files(self) -> bool:
        """Whether the submitted output is a set of files, and not the text of one message."""
        return self is not Solver.ANSWER


class Tool(StrEnum):
    """The built-in tools that solver ``agent`` can offer to a model."""

    BASH = "bash"
    PYTHON = "python"
    TEXT_EDITOR = "text_editor"
    GIT_DIFF = "git_diff"
    SUBMIT = "submit"


class McpServer(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Model Context Protocol server that provides more tools to solver ``agent``: a program in the sandbox, or a URL
    that the runner's operator allows. Models see its tools as ``<name>__<tool>``."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,23}$")]
    command: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    url: Annotated[str, Meta(pattern=r"^(https?://[^\s@#]+)?$", max_length=2_000)] = ""


class PlantSpec(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The simulated plant that solver ``agent`` operates with tools. ``scenario`` is one of ``assay.catalog.plant``;
    ``actions`` is how many actions that take time an attempt has."""

    scenario: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    actions: Annotated[int, Meta(ge=1, le=500)] = 40


class PlantAction(Data, frozen=True, kw_only=True):
    """One line of ``actions.jsonl``: what was done with a plant, in order."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])


ACTION_LOG = "actions.jsonl"
"""The output of a task with a plant, written by the runner."""


class Limits(Data, frozen=True, kw_only=True):
    """Limits of one attempt; None means no limit. ``max_tokens`` applies to one completion; ``tokens`` to the prompts
    and completions of all requests; ``cost_usd`` to their cost; ``turns`` to the number of completions."""

    wall_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 120.0
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] = 1024
    tokens: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    cost_usd: Usd | None = None
    tool_calls: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    turns: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class AttemptLimits(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits that a run sets for each of its attempts, with the names of ``Limits``. They can lower a task's limit or
    add a missing one. None keeps the task's limit."""

    wall_seconds: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    tokens: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    cost_usd: Usd | None = None
    tool_calls: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    turns: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class Sample(Data, frozen=True, kw_only=True):
    """One input of a task, as visible to an attempt. ``images`` are sent after those of the task."""

    sample_id: str
    input: str = ""
    images: tuple[str, ...] = ()


class TaskView(Data, frozen=True, kw_only=True):
    """The public part of a task."""

    task_id: TaskId
    digest: str
    title: str
    category: str
    domain: str = ""
    """The field that the category belongs to, such as software or industry."""
    difficulty: Difficulty
    language: str = ""
    tags: tuple[str, ...] = ()
    solver: Solver
    instructions: str = ""
    samples: int = 1
    checks: tuple[str, ...] = ()
    limits: Limits = Limits()
    impossible: str = ""
    """Why its tests contradict its instructions. Models never see it."""


class PublicTask(Data, frozen=True, kw_only=True):
    """``task.json`` of the public bundle: everything a runner needs besides ``workspace/**`` and ``images/**``.
    ``images`` are paths in the bundle of what is sent with the first prompt."""

    task_id: TaskId
    digest: str
    title: str
    instructions: str
    solver: Solver
    language: str = ""
    system: str = ""
    images: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    command: tuple[str, ...] = ()
    mcp: tuple[McpServer, ...] = ()
    outputs: tuple[str, ...] = ()
    limits: Limits = Limits()
    sandbox: SandboxSpec = SandboxSpec()
    samples: tuple[Sample, ...] = ()
    evaluation: EvaluationSpec = EvaluationSpec()
    plant: PlantSpec | None = None


class HiddenTask(Data, frozen=True, kw_only=True):
    """``grading.json`` of the hidden bundle: everything a judge needs besides ``tests/**``, ``driver/**`` and
    the attempt's output."""

    task_id: TaskId
    digest: str
    solver: Solver
    outputs: tuple[str, ...] = ()
    sandbox: SandboxSpec = SandboxSpec()
    checks: tuple[AnyCheck, ...]
    pass_score: Annotated[float, Meta(gt=0, le=1)] = 1.0
    reveal: Reveal = Reveal.NAMES
    expected: dict[str, Any] = field(default_factory=dict[str, Any])
    """The correct answers by sample id."""
    questions: dict[str, str] = field(default_factory=dict[str, str])
    """What the model was asked, by sample id. Only for checks that call a model."""
    evaluation: EvaluationSpec = EvaluationSpec()
    impossible: str = ""
    """Why the tests contradict the instructions: only a cheat passes. Empty for all other tasks."""
    plant: PlantSpec | None = None


class ReferenceTask(Data, frozen=True, kw_only=True):
    """``reference.json`` of the reference bundle, next to ``reference/**``, ``noop/**`` and ``cheats/<name>/**``."""

    task_id: TaskId
    digest: str
    solver: Solver
    answers: dict[str, str] = field(default_factory=dict[str, str])
    noop_answer: str = ""
    cheats: dict[str, str] = field(default_factory=dict[str, str])
    """Answers that try to deceive the judge, by name. Cheats in code are folders of the bundle instead."""


class TaskPin(Data, frozen=True, kw_only=True):
    """A task as pinned by a run: identified by its digest, with its three bundles stored."""

    task_id: TaskId
    digest: str
    category: str
    difficulty: Difficulty
    language: str = ""
    """The programming language. Empty for tasks without one."""
    solver: Solver
    weight: Weight = 1.0
    sample_ids: tuple[str, ...]
    limits: Limits = Limits()
    prompt_bytes: Annotated[int, Meta(ge=0)] = 0
    """UTF-8 length of the longest prompt among the samples; determines the money reserved for an attempt."""
    images: Annotated[int, Meta(ge=0)] = 0
    """The highest number of images in a prompt among the samples; they cost money like its text."""
    sandboxes: tuple[str, ...] = ()
    """The kinds of sandbox that the task can use, on runners and on judges. Empty: it needs no sandbox."""
    model_graded: bool = False
    """Some of its checks call a model, so grading costs money."""
    judging: Judging | None = None
    """Which models judge its attempts, and how much they are asked. None without a rubric."""
    impossible: bool = False
    """Its tests contradict its instructions. Its attempts are counted apart from all others."""
    public: ArtifactRef
    hidden: ArtifactRef
    reference: ArtifactRef


class SuiteView(Data, frozen=True, kw_only=True):
    """A named list of tasks with default settings."""

    suite_id: str
    title: str
    description: str = ""
    task_ids: tuple[str, ...]
    repeats: int = 1
    samples: int = 0
    weights: dict[str, float] = field(default_factory=dict[str, float])
