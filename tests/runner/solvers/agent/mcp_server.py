"""An independent MCP server: pages of tools, and all kinds of answers.

``python3 mcp_server.py`` uses stdio; ``http_mcp_server.py`` serves the same over HTTP.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
NUMBERS = {"type": "object", "properties": {"numbers": {"type": "array", "items": {"type": "number"}}}}
TOOLS: list[Json] = [
    {"name": "add", "description": "Adds numbers.", "inputSchema": NUMBERS},
    {"name": "fail", "description": "Cannot do it.", "inputSchema": {"type": "object"}},
    {"name": "refuse", "description": "Is refused.", "inputSchema": {"type": "object"}},
    {"name": "ask back", "description": "Asks first.", "inputSchema": {"type": "object"}},
    {"name": "draw", "description": "Gives no text.", "inputSchema": {"type": "object"}},
    {"name": "sleep", "description": "Takes long.", "inputSchema": {"type": "object"}},
    {"name": "talk", "description": "Says a lot.", "inputSchema": {"type": "object"}},
    {"name": "die", "description": "Ends.", "inputSchema": {"type": "object"}},
]
PAGE = 3


class Refused(Exception):
    pass


def result(method: str, params: Json) -> Json:
    if method == "initialize":
        assert params["clientInfo"]["name"]
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "s"},
        }
    if method == "tools/list":
        first = int(params.get("cursor", "0"))
        more = {"nextCursor": str(first + PAGE)} if first + PAGE < len(TOOLS) else {}
        return {"tools": TOOLS[first : first + PAGE], **more}
    if method == "tools/call":
        return call(params["name"], params["arguments"])
    raise Refused(method)


def call(name: str, arguments: Json) -> Json:
    if name == "add":
        return {"content": [{"type": "text", "text": str(sum(arguments["numbers"]))}]}
    if name == "fail":
        return {"content": [{"type": "text", "text": "the shop is closed"}], "isError": True}
    if name == "draw":
        return {
            "content": [{"type": "image", "data": "AAAA", "mimeType": "image/png"}, {"type": "text", "text": "drawn"}]
        }
    if name == "sleep":
        time.sleep(arguments.get("seconds", 20))
    if name == "talk":
        return {"content": [{"type": "text", "text": "word " * 100_000}]}
    if name == "refuse":
        raise Refused("not for you")
    return {"structuredContent": {"asked": name}, "content": []}


def answers(message: Json) -> Iterator[Json]:
    """The answer to one message, in some cases after other messages."""
    if "method" not in message or "id" not in message:
        return
    number = message["id"]
    if message["method"] == "tools/call":
        yield {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 0.5}}
        if message["params"]["name"] == "ask back":
            yield {"jsonrpc": "2.0", "id": "q1", "method": "ping"}
            yield {"jsonrpc": "2.0", "id": "q2", "method": "sampling/createMessage", "params": {}}
    try:
        yield {"jsonrpc": "2.0", "id": number, "result": result(message["method"], message.get("params", {}))}
    except Refused as error:
        yield {"jsonrpc": "2.0", "id": number, "error": {"code": -32602, "message": str(error)}}


def main() -> None:
    print("a line that is no message", flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("params", {}).get("name") == "die":
            print("out of stock", file=sys.stderr)
            sys.exit(3)
        for answer in answers(message):
            print(json.dumps(answer), flush=True)
            if answer.get("id") == "q2":
                replies = [json.loads(sys.stdin.readline()) for _ in range(2)]
                assert replies[0] == {"jsonrpc": "2.0", "id": "q1", "result": {}}, replies
                assert replies[1]["error"]["code"] == -32601, replies


if __name__ == "__main__":
    main()
