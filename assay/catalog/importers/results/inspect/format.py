"""The fields of Inspect's logs that are read, in the format of its versions 0.3.x (log versions 1 and 2). All others,
such as the events of a sample, are skipped unread.

Source: https://inspect.aisi.org.uk/eval-logs.html and the reference of ``inspect_ai.log``.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, field

KNOWN_VERSION = 2


class ContentPart(Struct):
    type: str = ""
    text: str = ""
    reasoning: str = ""
    summary: str | None = None
    redacted: bool = False


class ToolCall(Struct):
    id: str | None = ""
    function: str | None = ""
    arguments: Any = None
    parse_error: str | None = None


class ToolError(Struct):
    message: str = ""


class Message(Struct):
    """``source`` is ``generate`` if the model wrote the message in this sample. ``tool_call_id`` is a list in messages
    of the user."""

    role: str = "user"
    content: str | list[ContentPart] | None = ""
    source: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: Any = None
    function: str | None = None
    error: ToolError | None = None
    tool_error: str | None = None
    """In old logs, instead of ``error``."""


class Choice(Struct):
    message: Message = field(default_factory=Message)


class Output(Struct):
    choices: list[Choice] = field(default_factory=list[Choice])
    completion: str | None = ""


class Score(Struct):
    """``value`` is a number, text, a truth value, or a list or mapping of them; NaN or null if it was not scored."""

    value: Any = None
    answer: Any = None
    explanation: Any = None


class ModelUsage(Struct):
    """``input_tokens`` includes neither of the two counts of cached tokens. ``total_cost`` is in US dollars."""

    input_tokens: int = 0
    output_tokens: int = 0
    input_tokens_cache_write: int | None = None
    input_tokens_cache_read: int | None = None
    reasoning_tokens: int | None = None
    total_cost: float | None = None


class SampleError(Struct):
    message: str = ""


class SampleLimit(Struct):
    """``type`` is ``time``, ``working``, ``token``, ``message`` or another limit that ended the sample."""

    type: str = ""
    reason: str | None = None


class Transcript(Struct):
    """In old logs, around the attachments."""

    content: dict[str, str] = field(default_factory=dict[str, str])


class Sample(Struct):
    """Times are in seconds."""

    id: int | str = ""
    epoch: int = 1
    input: str | list[Message] = ""
    choices: list[str] | None = None
    target: str | list[str] = ""
    messages: list[Message] = field(default_factory=list[Message])
    output: Output | None = None
    scores: dict[str, Score] | None = None
    score: Score | None = None
    """In old logs, of the only scorer."""
    model_usage: dict[str, ModelUsage] | None = None
    total_time: float | None = None
    working_time: float | None = None
    invalidation: Any = None
    error: SampleError | None = None
    limit: SampleLimit | None = None
    attachments: dict[str, str] = field(default_factory=dict[str, str])
    transcript: Transcript | None = None


class Scorer(Struct):
    name: str = ""


class Headline(Struct):
    """``score`` is a key of the scorer's value, or the scorer's name again."""

    scorer: str | None = None
    score: str | None = None


class ScoreSummary(Struct):
    name: str = ""
    scorer: str = ""


class Results(Struct):
    total_samples: int = 0
    scores: list[ScoreSummary] | None = None
    scorer: Scorer | None = None
    """In old logs, the only one."""
    headline: Headline | None = None


class Dataset(Struct):
    samples: int | None = None
    sample_ids: list[Any] | None = None


class Config(Struct):
    epochs: int | None = None


class Plan(Struct):
    config: dict[str, Any] | None = None


class EvalSpec(Struct):
    """``created`` is a time in ISO 8601."""

    task: str
    model: str
    created: Any = None
    task_version: Any = 0
    task_display_name: str | None = None
    task_args: dict[str, Any] | None = None
    dataset: Dataset | None = None
    model_generate_config: dict[str, Any] | None = None
    config: Config | None = None
    packages: dict[str, Any] | None = None
    scorers: list[Scorer] | None = None
    headline_metric: Headline | None = None


class Header(Struct):
    """``header.json`` of an archive, or its ``_journal/start.json``, which has no status and no results."""

    eval: EvalSpec
    version: int = KNOWN_VERSION
    status: str = "started"
    plan: Plan | None = None
    results: Results | None = None


class JsonLog(Header):
    samples: list[Raw] | None = None
