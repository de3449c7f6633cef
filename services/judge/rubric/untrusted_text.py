"""Text of the candidate as data: nothing in it can pass for a part of the prompt around it.

What is changed becomes visible, because a judge must not see less than what was submitted. Every line is marked, so
that no line of the candidate begins like a message, a heading or an answer of the prompt's own.
"""

from __future__ import annotations

import re
import unicodedata

LINE_MARK = "| "
_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029\v\f]")
_DELIMITERS = re.compile(r"[<\uff1c]{3,}|[>\uff1e]{3,}")
_KEPT_CONTROLS = "\n\t"
_INVISIBLE_CATEGORIES = ("Cc", "Cf", "Co", "Cn", "Cs")
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5")
"""Letters and marks that are drawn as nothing."""
_TEMPLATE_TOKENS = re.compile(
    r"""
      [<\uff1c]\s*[|\uff5c]\s*([^<>|\uff5c\n]{1,60}?)\s*[|\uff5c]\s*[>\uff1e]   # <|im_start|>, also in wide characters
    | \[\s*(/?\s*(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS))\s*\]
    | <<\s*(/?\s*SYS)\s*>>
    | <\s*(/?\s*(?:s|bos|eos|unk|pad|start_of_turn|end_of_turn|start_header_id|end_header_id|eot_id|begin_of_text
        |end_of_text|think|thinking|reasoning|system|assistant|user|human|tool_call|tool_response|function_calls))\s*>
    """,
    re.VERBOSE | re.IGNORECASE,
)


def as_data(text: str) -> str:
    """The text with marked lines. Control characters, invisible ones, chat-template tokens and runs of angle brackets
    are replaced by what they are, in brackets: ``[U+200B]``, ``[template token im_start]``."""
    lines = _visible(_LINE_ENDS.sub("\n", text)).split("\n")
    return "\n".join(LINE_MARK + line for line in lines)


def _visible(text: str) -> str:
    text = "".join(map(_visible_character, text))
    text = _TEMPLATE_TOKENS.sub(lambda found: f"[template token {_token_name(found)}]", text)
    return _DELIMITERS.sub(lambda found: f"[{len(found.group())} angle brackets]", text)


def _token_name(found: re.Match[str]) -> str:
    name = next(group for group in found.groups() if group is not None)
    return " ".join(name.split())


def _visible_character(character: str) -> str:
    if character in _KEPT_CONTROLS or (character.isascii() and character.isprintable()):
        return character
    hidden = unicodedata.category(character) in _INVISIBLE_CATEGORIES or character in _FILLERS
    return f"[U+{ord(character):04X}]" if hidden or _is_variation_selector(character) else character


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def cut(text: str, max_bytes: int) -> str:
    """At most so many bytes of the text's beginning, and a note of what is missing."""
    data = text.encode("utf-8", "replace")
    if len(data) <= max_bytes:
        return text
    kept = data[:max_bytes].decode("utf-8", "ignore")
    return f"{kept}\n[cut: the first {max_bytes:,} of {len(data):,} bytes are shown]"
