"""The conversation of one of Inspect's samples as prompt, response and steps. Attachments are already resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay.catalog.importers.results.inspect.format import ContentPart, Message, Sample
from assay.catalog.importers.results.text import line, text, with_choices
from assay.contracts.imported_runs import ImportedMessage, ImportedStep
from assay.contracts.tail import StepKind

_MAX_ROLE_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Conversation:
    """``steps`` is empty if the model answered the prompt by one message without tools."""

    prompt: tuple[ImportedMessage, ...]
    response: str
    steps: tuple[ImportedStep, ...]


def conversation(sample: Sample) -> Conversation:
    start = _first_answer(sample.messages)
    answered = sample.messages[start:]
    prompt = tuple(ImportedMessage(role=_role(each), text=text(_whole(each))) for each in sample.messages[:start])
    if not sample.messages:
        prompt = tuple(ImportedMessage(role=role, text=text(found)) for role, found in _input(sample))
    turns = [each for each in answered if each.role == "assistant"]
    several = len(turns) > 1 or any(each.tool_calls or each.role == "tool" for each in answered)
    steps = tuple(step for each in answered for step in _steps(each)) if several else ()
    return Conversation(prompt, text(_response(sample, turns)), steps)


def input_text(sample: Sample, prompt: Sequence[ImportedMessage]) -> str:
    """What the dataset asks, with the choices unless the prompt shows them."""
    question = "\n\n".join(found for _, found in _input(sample))
    return text(with_choices(question, sample.choices or (), "\n".join(each.text for each in prompt)))


def target_text(sample: Sample) -> str:
    return text(sample.target if isinstance(sample.target, str) else "\n".join(sample.target))


def _input(sample: Sample) -> Iterator[tuple[str, str]]:
    """Role and text."""
    if isinstance(sample.input, str):
        yield "user", sample.input
        return
    for message in sample.input:
        yield _role(message), _whole(message)


def _response(sample: Sample, turns: Sequence[Message]) -> str:
    output = sample.output
    if output and output.completion:
        return output.completion
    if output and output.choices and (found := _answer(output.choices[0].message)):
        return found
    return _answer(turns[-1]) if turns else ""


def _steps(message: Message) -> Iterator[ImportedStep]:
    if message.role == "tool":
        yield _result(message)
    elif message.role != "assistant":
        yield ImportedStep(kind=StepKind.MESSAGE, text=text(f"{_role(message)}: {_whole(message)}"))
    else:
        for found in _reasoning(message):
            yield ImportedStep(kind=StepKind.REASONING, text=text(found))
        if found := _answer(message):
            yield ImportedStep(kind=StepKind.MESSAGE, text=text(found))
        for call in message.tool_calls or ():
            arguments = text(call.arguments if call.arguments is not None else {})
            yield ImportedStep(kind=StepKind.CALL, text=arguments, tool=line(call.function), call_id=line(call.id))


def _result(message: Message) -> ImportedStep:
    error = message.error.message if message.error else message.tool_error
    return ImportedStep(
        kind=StepKind.RESULT,
        text=text(_whole(message) or error),
        tool=line(message.function),
        call_id=line(message.tool_call_id if isinstance(message.tool_call_id, str) else ""),
        failed=message.error is not None or bool(message.tool_error),
    )


def _whole(message: Message) -> str:
    """With its reasoning."""
    return "\n".join(filter(None, [*_reasoning(message), _answer(message)]))


def _answer(message: Message) -> str:
    """Without its reasoning, and with markers for what is no text."""
    shown = (_shown(part) for part in _parts(message) if part.type != "reasoning")
    return "\n".join(filter(None, shown))


def _shown(part: ContentPart) -> str:
    return part.text if part.type == "text" else f"[{part.type or 'unknown content'}]"


def _reasoning(message: Message) -> Iterator[str]:
    """Providers send some reasoning encrypted, with a summary at best."""
    for part in _parts(message):
        if part.type == "reasoning":
            found = part.summary if part.redacted else part.reasoning or part.summary
            yield from filter(None, [found])


def _parts(message: Message) -> list[ContentPart]:
    if isinstance(message.content, list):
        return message.content
    return [ContentPart(type="text", text=message.content or "")]


def _role(message: Message) -> str:
    return line(message.role, _MAX_ROLE_CHARACTERS) or "user"


def _first_answer(messages: Sequence[Message]) -> int:
    """Where the model's first message is. A prompt can show answers too, as examples; the model's own are marked,
    except in old logs."""
    answers = [index for index, each in enumerate(messages) if each.role == "assistant"]
    own = [index for index in answers if messages[index].source == "generate"]
    return min(own or answers, default=len(messages))
