"""What a model was asked and what it answered, from a line of lm-eval's samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from assay.catalog.importers.results import json_file, text
from assay.catalog.importers.results.json_file import NotJson
from assay.catalog.importers.results.lm_eval.samples import Likelihood, SampleLine, likelihood
from assay.contracts.imported_runs import ImportedMessage


@dataclass(frozen=True, slots=True)
class Answer:
    """``answer`` is what was compared, ``expected`` the correct answer."""

    prompt: tuple[ImportedMessage, ...]
    response: str
    answer: str
    explanation: str
    question: str
    expected: str


def answer_of(line: SampleLine) -> Answer:
    rated = _rated(line)
    if len(rated) > 1:
        return _choice(line, rated)
    return _continuation(line, *rated[0]) if rated else _generated(line)


def _rated(line: SampleLine) -> list[tuple[list[Any], Likelihood]]:
    """Requests whose continuation was rated instead of generating one. With ``acc_mutual_info``, the second half of
    them, without a prompt, is not what was asked."""
    responses = [each[0] if each else None for each in line.responses]
    found = [
        (request, rating)
        for request, response in zip(line.requests, responses, strict=False)
        if len(request) > 1 and isinstance(request[1], str) and (rating := likelihood(response))
    ]
    return found[: len(found) // 2] if "acc_mutual_info" in line.metrics else found


def _choice(line: SampleLine, rated: Sequence[tuple[list[Any], Likelihood]]) -> Answer:
    """The choice that is most likely. If all continuations are the same, the choices are the prompts."""
    continuations = [str(request[1]) for request, _ in rated]
    prompts = [_as_text(request[0]) for request, _ in rated]
    choices = [each.strip() for each in (continuations if len(set(continuations)) > 1 else prompts)]
    best = max(range(len(rated)), key=lambda index: rated[index][1].value)
    prompt = _prompt(rated[best][0])
    ratings = "\n".join(f"{choice}: {rating.value:g}" for choice, (_, rating) in zip(choices, rated, strict=True))
    return Answer(
        prompt=prompt,
        response=text.text(choices[best]),
        answer=text.text(choices[best]),
        explanation=text.text(f"log-likelihoods:\n{ratings}"),
        question=text.text(text.with_choices(_question(line, prompt), choices, _question(line, prompt))),
        expected=text.text(_chosen(line.values.get("target"), choices)),
    )


def _continuation(line: SampleLine, request: list[Any], rating: Likelihood) -> Answer:
    """The model wrote nothing: it was rated how likely it would write the continuation."""
    prompt = _prompt(request)
    answer = str(request[1]).strip() if rating.greedy else ""
    return Answer(
        prompt=prompt,
        response=text.text(answer),
        answer=text.text(answer),
        explanation=f"log-likelihood: {rating.value:g}",
        question=text.text(_question(line, prompt)),
        expected=text.text(line.values.get("target")),
    )


def _generated(line: SampleLine) -> Answer:
    prompt = _prompt(line.requests[0] if line.requests else [])
    responses = line.responses
    return Answer(
        prompt=prompt,
        response=text.text(responses[0][0] if responses and responses[0] else ""),
        answer=text.text(line.filtered[0] if line.filtered else ""),
        explanation="",
        question=text.text(_question(line, prompt)),
        expected=text.text(line.values.get("target")),
    )


def _question(line: SampleLine, prompt: Sequence[ImportedMessage]) -> str:
    """The document's own, since a prompt can depend on the model's chat template."""
    return line.question() or "\n\n".join(each.text for each in prompt)


def _chosen(target: Any, choices: Sequence[str]) -> Any:
    """lm-eval writes the index of the correct choice."""
    found = str(target)
    return choices[int(found)] if found.isdecimal() and int(found) < len(choices) else target


def _prompt(request: Sequence[Any]) -> tuple[ImportedMessage, ...]:
    """One message of the user, or the messages of a chat, which are JSON in text."""
    found = _as_text(request[0]) if request else ""
    messages = _chat(found) or ([ImportedMessage(role="user", text=text.text(found))] if found else [])
    return tuple(messages)


def _as_text(argument: Any) -> str:
    """Chats are a list with one text."""
    if isinstance(argument, list) and len(cast("list[Any]", argument)) == 1:
        argument = cast("list[Any]", argument)[0]
    return text.text(argument)


def _chat(found: str) -> list[ImportedMessage]:
    """Empty if the text is no chat."""
    if not found.startswith("[{"):
        return []
    try:
        messages = json_file.decode(list[dict[str, Any]], found.encode())
    except NotJson:
        return []
    if not all(isinstance(each.get("role"), str) and "content" in each for each in messages):
        return []
    return [
        ImportedMessage(role=text.line(each["role"], 40) or "user", text=text.text(_content(each["content"])))
        for each in messages
    ]


def _content(found: Any) -> Any:
    """Parts that are no text become markers."""
    if not isinstance(found, list):
        return found
    parts = [cast("dict[str, Any]", each) for each in cast("list[Any]", found) if isinstance(each, dict)]
    return "\n".join(
        str(each.get("text") or "") if each.get("type") == "text" else f"[{each.get('type')}]" for each in parts
    )
