"""Tasks as workers see them, made by ``assay.catalog`` from a task's folder (docs/tasks.md describes that folder)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Data
from assay.contracts.money import Usd
from assay.contracts.sandboxspec import SandboxSpec

Weight = Annotated[float, Meta(ge=0)]
TaskId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]


class Difficulty(StrEnum):
    TRIVIAL = "trivial"
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    EXPERT = "expert"


class Solver(StrEnum):
    """How an attempt is made: one message answered, files handed in, files worked on in turns with tools, or a program
    that does so by itself."""

    ANSWER = "answer"
    FILES = "files"
    AGENT = "agent"
    COMMAND = "command"

    @property
    def hands_in_files(self) -> bool:
        """Whether what is handed in are the declared outputs, and not the text of one message."""
        return self is not Solver.ANSWER


class Tool(StrEnum):
    """What a model of solver ``agent`` can use inside its sandbox."""

    BASH = "bash"
    PYTHON = "python"
    TEXT_EDITOR = "text_editor"
    GIT_DIFF = "git_diff"
    SUBMIT = "submit"


class McpServer(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server of the Model Context Protocol whose tools solver ``agent`` has besides: a program in the sandbox, or an
    address that the runner's operator allows. Models know its tools as ``<name>__<tool>``."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,23}$")]
    command: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    url: Annotated[str, Meta(pattern=r"^(https?://[^\s@#]+)?$", max_length=2_000)] = ""


class Limits(Data, frozen=True, kw_only=True):
    """Per attempt; None is no bound. ``max_tokens`` bounds one completion, ``tokens`` the prompts and completions of
    all requests together, ``cost_usd`` their price, ``turns`` the number of completions."""

    wall_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 120.0
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] = 1024
    tokens: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    cost_usd: Usd | None = None
    tool_calls: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    turns: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class AttemptLimits(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run asks of each of its attempts, under the names of ``Limits``. It can lower a task's limit, or set one
    where the task has none; None leaves the task's."""

    wall_seconds: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    tokens: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    cost_usd: Usd | None = None
    tool_calls: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    turns: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class Tolerance(Data, frozen=True, kw_only=True):
    """A number is right when it is within ``absolute`` of the expected one, or within ``relative`` of its size."""

    absolute: Annotated[float, Meta(ge=0)] = 0.0
    relative: Annotated[float, Meta(ge=0)] = 0.0


class Check(Data, frozen=True, kw_only=True, tag_field="kind"):
    """One thing the judge looks at. Scores of checks are averaged by ``weight``; passing needs every check to pass."""

    name: str = ""
    weight: Weight = 1.0


class Exact(Check, frozen=True, kw_only=True, tag="exact"):
    """The answer is the sample's ``expected`` string, compared after trimming, without case if ``ignore_case``."""

    ignore_case: bool = False


class Regex(Check, frozen=True, kw_only=True, tag="regex"):
    """``pattern`` is found in the answer (RE2-like subset is advised; the search is bounded in time)."""

    pattern: str


class Choice(Check, frozen=True, kw_only=True, tag="choice"):
    """The answer names one of ``options`` and it is the sample's ``expected``; naming several is wrong."""

    options: Annotated[tuple[str, ...], Meta(min_length=2)]


class Numeric(Check, frozen=True, kw_only=True, tag="numeric"):
    """Numbers within tolerance. With ``fields`` the answer is JSON holding them and ``expected`` maps each to a number;
    metrics are ``<field>_abs_err`` and ``ok`` (1 when all could be read). Without, the answer's last number counts."""

    fields: tuple[str, ...] = ()
    tolerance: Tolerance = Tolerance()


class JsonFields(Check, frozen=True, kw_only=True, tag="json_fields"):
    """The answer is JSON whose ``fields`` equal those of the sample's ``expected``; the score is the share that do."""

    fields: Annotated[tuple[str, ...], Meta(min_length=1)]


class Tests(Check, frozen=True, kw_only=True, tag="tests"):
    """Hidden pytest files under ``path``. Exactly the ``expected`` tests must run; the score is the share passing."""

    __test__: ClassVar[bool] = False
    path: str = "tests"
    expected: Annotated[tuple[str, ...], Meta(min_length=1)]


AnyCheck = Exact | Regex | Choice | Numeric | JsonFields | Tests


class Sample(Data, frozen=True, kw_only=True):
    """One input of a task, as an attempt may see it."""

    sample_id: str
    input: str = ""


class TaskView(Data, frozen=True, kw_only=True):
    """A task as everyone may see it: nothing of its hidden part."""

    task_id: TaskId
    digest: str
    title: str
    category: str
    difficulty: Difficulty
    language: str = ""
    tags: tuple[str, ...] = ()
    solver: Solver
    instructions: str = ""
    samples: int = 1
    checks: tuple[str, ...] = ()
    limits: Limits = Limits()


class PublicTask(Data, frozen=True, kw_only=True):
    """``task.json`` of the public bundle: all a runner needs besides ``workspace/**``."""

    task_id: TaskId
    digest: str
    title: str
    instructions: str
    solver: Solver
    language: str = ""
    system: str = ""
    tools: tuple[Tool, ...] = ()
    command: tuple[str, ...] = ()
    mcp: tuple[McpServer, ...] = ()
    outputs: tuple[str, ...] = ()
    limits: Limits = Limits()
    sandbox: SandboxSpec = SandboxSpec()
    samples: tuple[Sample, ...] = ()


class HiddenTask(Data, frozen=True, kw_only=True):
    """``grading.json`` of the hidden bundle: all a judge needs besides ``tests/**`` and the attempt's output."""

    task_id: TaskId
    digest: str
    solver: Solver
    outputs: tuple[str, ...] = ()
    sandbox: SandboxSpec = SandboxSpec()
    checks: tuple[AnyCheck, ...]
    pass_score: Annotated[float, Meta(gt=0, le=1)] = 1.0
    expected: dict[str, Any] = field(default_factory=dict[str, Any])
    """By sample id: what a right answer is."""


class ReferenceTask(Data, frozen=True, kw_only=True):
    """``reference.json`` of the reference bundle, besides ``reference/**``, ``noop/**`` and ``cheats/<name>/**``."""

    task_id: TaskId
    digest: str
    solver: Solver
    answers: dict[str, str] = field(default_factory=dict[str, str])
    noop_answer: str = ""
    cheats: dict[str, str] = field(default_factory=dict[str, str])
    """Answers that try to trick the judge, by name; for code, cheats are folders of the bundle instead."""


class TaskPin(Data, frozen=True, kw_only=True):
    """A task as a run holds it: fixed by digest, its three bundles stored."""

    task_id: TaskId
    digest: str
    category: str
    difficulty: Difficulty
    solver: Solver
    weight: Weight = 1.0
    sample_ids: tuple[str, ...]
    limits: Limits = Limits()
    prompt_bytes: Annotated[int, Meta(ge=0)] = 0
    """Of the longest prompt among the samples, UTF-8; what money is held for before an attempt begins."""
    sandboxes: tuple[str, ...] = ()
    """The kinds of sandbox any of which can hold it, on runners and on judges; empty: it needs none."""
    public: ArtifactRef
    hidden: ArtifactRef
    reference: ArtifactRef


class SuiteView(Data, frozen=True, kw_only=True):
    """A named list of tasks with defaults."""

    suite_id: str
    title: str
    description: str = ""
    task_ids: tuple[str, ...]
    repeats: int = 1
    samples: int = 0
    weights: dict[str, float] = field(default_factory=dict[str, float])
