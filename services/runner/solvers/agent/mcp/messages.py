"""The protocol's messages that a client uses: JSON-RPC 2.0, MCP revision 2025-06-18 and the two before it
(https://modelcontextprotocol.io/specification)."""

from __future__ import annotations

from typing import Any

import msgspec

from assay.contracts.codec import encode

PROTOCOL_VERSION = "2025-06-18"
SUPPORTED_VERSIONS = (PROTOCOL_VERSION, "2025-03-26", "2024-11-05")
METHOD_NOT_FOUND = -32601


class JsonRpcError(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class Message(msgspec.Struct, frozen=True):
    """A response has no method, a notification no id, a request both."""

    id: int | str | None = None
    method: str = ""
    result: dict[str, Any] | None = None
    error: JsonRpcError | None = None


class InitializeResult(msgspec.Struct, frozen=True, rename="camel"):
    protocol_version: str


class Tool(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    description: str | None = None
    input_schema: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class ListToolsResult(msgspec.Struct, frozen=True, rename="camel"):
    tools: list[Tool]
    next_cursor: str | None = None


class Content(msgspec.Struct, frozen=True, rename="camel"):
    """``text`` is set for type ``text``; other types are only described."""

    type: str
    text: str = ""
    mime_type: str | None = None
    uri: str | None = None
    data: str = ""
    resource: dict[str, Any] | None = None


class CallToolResult(msgspec.Struct, frozen=True, rename="camel"):
    content: list[Content] = msgspec.field(default_factory=list[Content])
    structured_content: Any = None
    is_error: bool = False


def read_message(data: bytes) -> Message | None:
    """None if it is not a message, such as a log line on a server's stdout."""
    try:
        return msgspec.json.decode(data, type=Message)
    except (msgspec.DecodeError, RecursionError):
        return None


def request(number: int, method: str, params: dict[str, Any]) -> bytes:
    return encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def notification(method: str, params: dict[str, Any] | None = None) -> bytes:
    return encode({"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})})


def response(message: Message) -> bytes:
    """The answer to a server's request: the client only supports ``ping``."""
    if message.method == "ping":
        return encode({"jsonrpc": "2.0", "id": message.id, "result": {}})
    error = {"code": METHOD_NOT_FOUND, "message": f"this client has no {message.method}"}
    return encode({"jsonrpc": "2.0", "id": message.id, "error": error})


def result_text(result: CallToolResult) -> str:
    """The result as text for the model; other types of content are described."""
    parts = [_content_text(content) for content in result.content]
    if not parts and result.structured_content is not None:
        parts = [encode(result.structured_content).decode()]
    return "\n".join(parts) or "(nothing)"


def _content_text(content: Content) -> str:
    if content.type == "text":
        return content.text
    resource = content.resource or {}
    if content.type == "resource" and isinstance(resource.get("text"), str):
        return resource["text"]
    details = ", ".join(filter(None, (content.mime_type, content.uri or str(resource.get("uri") or ""))))
    return f"[{content.type}{': ' + details if details else ''}, which cannot be shown]"
