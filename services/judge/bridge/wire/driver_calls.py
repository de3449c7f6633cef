"""Requests to a driver and its replies: one line of JSON each. A driver is a program of the task's author in any
language, compiled together with the submission.

Request: ``{"id": 1, "op": "put", "args": ["a", 1]}``. Reply: ``{"id": 1, "value": null}``, or ``{"id": 1, "error":
{"kind": "KeyError", "message": "no key a"}}``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .codec import Malformed

MAX_DEPTH = 200
"""Of values in requests and replies."""
_MAX_TEXT = 10_000


@dataclass(frozen=True)
class DriverReply:
    """``error`` is ``(kind, message)`` if the operation failed."""

    value: Any = None
    error: tuple[str, str] | None = None


def encode_call(number: int, operation: str, arguments: Sequence[Any]) -> bytes:
    """Raises TypeError or ValueError for what is not JSON, such as NaN."""
    request = {"id": number, "op": operation, "args": list(arguments)}
    return json.dumps(request, separators=(",", ":"), allow_nan=False).encode("ascii")


def decode_reply(line: bytes, number: int) -> DriverReply:
    """Raises Malformed for anything else than a reply to the request of that number."""
    reply = parse_json(line)
    if type(reply) is not dict or reply.get("id") != number or type(reply["id"]) is not int:
        raise Malformed("not a reply to the request")
    if "error" not in reply:
        return DriverReply(value=reply.get("value"))
    error = reply["error"]
    if type(error) is not dict or type(error.get("message")) is not str:
        raise Malformed("not an error")
    return DriverReply(error=(str(error.get("kind", ""))[:200], error["message"][:_MAX_TEXT]))


def parse_json(line: bytes) -> Any:
    """Strict JSON with finite numbers. Raises Malformed."""
    try:
        value = _decoder.decode(line.decode("utf-8"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise Malformed(f"not JSON: {type(error).__name__}") from error
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [each for item in level for each in _parts(item)]
        if not level:
            return
    raise Malformed(f"a value is nested more than {MAX_DEPTH} levels deep")


def _parts(value: Any) -> Sequence[Any]:
    if type(value) is list:
        return value
    return list(value.values()) if type(value) is dict else ()


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _refuse(word: str) -> Any:
    raise ValueError(word)


_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_float)
