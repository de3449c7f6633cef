"""Tasks as workers see them. ``assay.catalog`` creates them from task folders, which docs/tasks.md describes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Data
from assay.contracts.frameworks import Framework
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


class Tolerance(Data, frozen=True, kw_only=True):
    """A number is correct if it deviates from the expected one by at most ``absolute``, or by at most the fraction
    ``relative`` of it."""

    absolute: Annotated[float, Meta(ge=0)] = 0.0
    relative: Annotated[float, Meta(ge=0)] = 0.0


class NumberUnit(StrEnum):
    """What kind of number a task asks for."""

    NUMBER = "number"
    """Units and percent signs after a number are ignored: ``50 %`` is 50."""
    PERCENT = "percent"
    """A number of percent: ``50 %``, ``50`` and ``1/2`` are 50."""
    FRACTION = "fraction"
    """A percentage is divided by 100: ``50 %`` is 0.5."""
    MONEY = "money"
    """Parentheses are a minus sign, and ``5k`` and ``5M`` are multiples."""


Locale = Annotated[str, Meta(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]


class Check(Data, frozen=True, kw_only=True, tag_field="kind"):
    """One criterion of the judge. The score is the mean of the checks' scores, weighted by ``weight``; an attempt
    passes if all checks pass."""

    calls_model: ClassVar[bool] = False
    name: str = ""
    weight: Weight = 1.0


class TextCheck(Check, frozen=True, kw_only=True):
    """A check that compares text. Both sides are in Unicode NFC and without surrounding white space. Unless
    ``keep_spaces`` is set, no-break spaces equal spaces, zero-width spaces are ignored and CRLF equals LF.
    ``ignore_punctuation`` ignores punctuation at the end."""

    ignore_case: bool = False
    ignore_punctuation: bool = False
    keep_spaces: bool = False


class Exact(TextCheck, frozen=True, kw_only=True, tag="exact"):
    """The answer equals the sample's ``expected`` string."""


class Regex(TextCheck, frozen=True, kw_only=True, tag="regex"):
    """``pattern`` matches somewhere in the answer. The search has a time limit; prefer patterns that RE2 supports."""

    pattern: str


class Choice(Check, frozen=True, kw_only=True, tag="choice"):
    """The answer chooses exactly one of ``options``, and it is the sample's ``expected``."""

    options: Annotated[tuple[str, ...], Meta(min_length=2)]


class Numeric(Check, frozen=True, kw_only=True, tag="numeric"):
    """Numbers are within a tolerance. With ``fields``, the answer is JSON with these fields and ``expected`` maps each
    to a number; the metrics are ``<field>_abs_err`` and ``ok`` (1 if all fields could be read). Without ``fields``, the
    number that the answer states counts, or else its last one. ``locale`` decides what 1.234 means."""

    fields: tuple[str, ...] = ()
    tolerance: Tolerance = Tolerance()
    unit: NumberUnit = NumberUnit.NUMBER
    locale: Locale = "en"


class JsonFields(TextCheck, frozen=True, kw_only=True, tag="json_fields"):
    """The answer is JSON whose ``fields`` equal those of the sample's ``expected``. The score is the fraction that
    match."""

    fields: Annotated[tuple[str, ...], Meta(min_length=1)]


class Tests(Check, frozen=True, kw_only=True, tag="tests"):
    """Hidden tests under ``path``, run by ``framework``. Exactly the ``expected`` tests must run; the score is the
    fraction that pass."""

    __test__: ClassVar[bool] = False
    path: str = "tests"
    framework: Framework = Framework.PYTEST
    driver: Annotated[str, Meta(pattern=r"^(driver(/[A-Za-z0-9._-]+)*)?$", max_length=200)] = ""
    """The folder of a program that is compiled together with the submission and serves the tests' requests."""
    build: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    """Compiles a driver in C++ into ``assay_driver/driver``, from the folder of the submitted files. Empty: g++ with
    every source file of both."""
    command: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    """With ``framework: cpp``, a program that runs the tests and prints TAP. Empty: GoogleTest."""
    expected: Annotated[tuple[str, ...], Meta(min_length=1)]


AnyCheck = Exact | Regex | Choice | Numeric | JsonFields | Tests


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
    difficulty: Difficulty
    language: str = ""
    tags: tuple[str, ...] = ()
    solver: Solver
    instructions: str = ""
    samples: int = 1
    checks: tuple[str, ...] = ()
    limits: Limits = Limits()


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
    expected: dict[str, Any] = field(default_factory=dict[str, Any])
    """The correct answers by sample id."""


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
