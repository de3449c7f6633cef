"""Messages of the protocol, as far as a client reads them: JSON-RPC 2.0, revision 2025-06-18 and the two before it."""

from __future__ import annotations

from typing import Any

import msgspec

from assay.contracts.codec import encode

PROTOCOL = "2025-06-18"
SPOKEN = (PROTOCOL, "2025-03-26", "2024-11-05")
METHOD_UNKNOWN = -32601


class Failure(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class Message(msgspec.Struct, frozen=True):
    """Any of the three: a reply has no method, a notification no id, a request both."""

    id: int | str | None = None
    method: str = ""
    result: dict[str, Any] | None = None
    error: Failure | None = None


class Initialized(msgspec.Struct, frozen=True, rename="camel"):
    protocol_version: str


class Tool(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    description: str | None = None
    input_schema: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class ToolPage(msgspec.Struct, frozen=True, rename="camel"):
    tools: list[Tool]
    next_cursor: str | None = None


class Content(msgspec.Struct, frozen=True, rename="camel"):
    """``text`` of type ``text``; of the other types the rest is only described."""

    type: str
    text: str = ""
    mime_type: str | None = None
    uri: str | None = None
    data: str = ""
    resource: dict[str, Any] | None = None


class Called(msgspec.Struct, frozen=True, rename="camel"):
    content: list[Content] = msgspec.field(default_factory=list[Content])
    structured_content: Any = None
    is_error: bool = False


def read_message(data: bytes) -> Message | None:
    """None for what is no message, such as a line that a server logs where it should not."""
    try:
        return msgspec.json.decode(data, type=Message)
    except (msgspec.DecodeError, RecursionError):
        return None


def request(number: int, method: str, params: dict[str, Any]) -> bytes:
    return encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def notification(method: str, params: dict[str, Any] | None = None) -> bytes:
    return encode({"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})})


def reply(asked: Message) -> bytes:
    """To what a server asks of us: that we live is all we can tell it."""
    if asked.method == "ping":
        return encode({"jsonrpc": "2.0", "id": asked.id, "result": {}})
    failure = {"code": METHOD_UNKNOWN, "message": f"this client has no {asked.method}"}
    return encode({"jsonrpc": "2.0", "id": asked.id, "error": failure})


def text_of(called: Called) -> str:
    """What the model is told; other things than text are named."""
    told = [_piece(piece) for piece in called.content]
    if not told and called.structured_content is not None:
        told = [encode(called.structured_content).decode()]
    return "\n".join(told) or "(nothing)"


def _piece(piece: Content) -> str:
    if piece.type == "text":
        return piece.text
    inside = piece.resource or {}
    if piece.type == "resource" and isinstance(inside.get("text"), str):
        return inside["text"]
    named = ", ".join(filter(None, (piece.mime_type, piece.uri or str(inside.get("uri") or ""))))
    return f"[{piece.type}{': ' + named if named else ''}, which cannot be shown]"
