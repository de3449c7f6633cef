"""Separates a model's reasoning from its answer, and removes template tokens that leaked into the text.

Providers send reasoning apart (``reasoning_content``), or inside the text: in tags such as ``<think>``, of which chat
templates often swallow the first, or in harmony channels (https://cookbook.openai.com/articles/openai-harmony).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from services.runner.models.protocol import Completion

TAGS = "think|thinking|thought|thoughts|reasoning|reason|seed:think"
_OPENING = re.compile(rf"(?:\A|(?<=\n))[ \t]*<({TAGS})>", re.IGNORECASE)
CLOSING = re.compile(rf"</({TAGS})>", re.IGNORECASE)
_LONE_CLOSING = re.compile(
    rf"</(?:{TAGS})>(?=[ \t]*(?:\n|\Z))|(?:(?<=\n)[ \t]*|(?<=[.!?。！？])\s?)</(?:{TAGS})>", re.IGNORECASE
)
"""On its own line, or at the end of a line or sentence; elsewhere the text may be about the tag."""
_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})", re.MULTILINE)
_CHANNEL = re.compile(
    r"(?:<\|start\|>assistant)?<\|channel\|>\s*(\w+)[^<]{0,200}<\|message\|>(.*?)"
    r"(?=<\|end\|>|<\|return\|>|<\|call\|>|<\|start\|>|<\|channel\|>|\Z)",
    re.DOTALL,
)
_FINAL_CHANNEL = "final"
_MAX_TOKENS_CHARACTERS = 500
_TEMPLATE_TOKENS = re.compile(
    r"(?:\s*(?:<\|(?:im_end|eot_id|eom_id|end|endoftext|end_of_text|end_of_turn|return|call|im_start|end_of_role"
    r"|START_OF_TURN_TOKEN|END_OF_TURN_TOKEN|assistant)\|>(?:assistant)?|<end_of_turn>|<eos>|</s>"
    r"|<｜end▁of▁sentence｜>|\[/INST\]))+\s*\Z"
)


@dataclass(frozen=True, slots=True)
class SeparatedText:
    """``text`` is the answer. ``removed_tokens`` are template tokens that stood at its end."""

    text: str
    reasoning: str = ""
    removed_tokens: str = ""


def separate_reasoning(text: str) -> SeparatedText:
    """An answer without reasoning is returned unchanged. Reasoning that was cut off leaves an empty answer."""
    answer, reasoning = _split_channels(text) if "<|channel|>" in text else _split_tags(text)
    if answer != text:
        answer = answer.strip("\n")
    answer, tokens = _without_template_tokens(answer)
    return SeparatedText(answer, reasoning.strip(), tokens)


def without_reasoning(completion: Completion) -> Completion:
    """The completion with all reasoning in ``reasoning``, and notes about what was removed from its text."""
    separated = separate_reasoning(completion.text)
    notes = list(completion.notes)
    if separated.removed_tokens:
        notes.append(f"removed the template tokens {separated.removed_tokens} from the end of the answer")
    reasoning = "\n".join(part for part in (completion.reasoning, separated.reasoning) if part)
    if reasoning and not (separated.text.strip() or completion.tool_calls):
        notes.append("the answer is empty: the model wrote only reasoning")
    return msgspec.structs.replace(completion, text=separated.text, reasoning=reasoning, notes=tuple(notes))


def _split_channels(text: str) -> tuple[str, str]:
    """Text outside of all channels, and of channel ``final``, is the answer."""
    answer: list[str] = []
    reasoning: list[str] = []
    copied = 0
    for match in _CHANNEL.finditer(text):
        answer.append(text[copied : match.start()])
        (answer if match[1] == _FINAL_CHANNEL else reasoning).append(match[2])
        copied = match.end()
    answer.append(text[copied:])
    return re.sub(r"<\|(?:end|start|return|call)\|>(?:assistant)?", "", "".join(answer)), "\n".join(reasoning)


def _split_tags(text: str) -> tuple[str, str]:
    """Blocks that begin a line outside of code fences. A closing tag without an opening one ends reasoning that began
    with the text."""
    answer: list[str] = []
    reasoning: list[str] = []
    place = 0
    first_opening = _OPENING.search(text)
    lone = _LONE_CLOSING.search(text, 0, first_opening.start() if first_opening else len(text))
    if lone:
        reasoning.append(text[: lone.start()])
        place = lone.end()
    while opening := _next_opening(text, place):
        closing = CLOSING.search(text, opening.end())
        answer.append(text[place : opening.start()])
        reasoning.append(text[opening.end() : closing.start() if closing else len(text)])
        place = closing.end() if closing else len(text)
    answer.append(text[place:])
    return "".join(answer), "\n".join(reasoning)


def _next_opening(text: str, place: int) -> re.Match[str] | None:
    """The next opening tag that is not in a code fence of the answer."""
    fences = 0
    counted = place
    for opening in _OPENING.finditer(text, place):
        fences += len(_FENCE.findall(text[counted : opening.start()]))
        counted = opening.start()
        if fences % 2 == 0:
            return opening
    return None


def _without_template_tokens(text: str) -> tuple[str, str]:
    match = _TEMPLATE_TOKENS.search(text, max(0, len(text) - _MAX_TOKENS_CHARACTERS))
    if match is None or ("</s>" in match.group() and "<s>" in text):
        return text, ""
    return text[: match.start()], " ".join(match.group().split())
