"""A program that streams its answers, and prints what it received of each as a line of JSON."""

import http.client
import json
import os
import socket
import sys
import time
from typing import Any


class Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["ASSAY_MODEL_SOCKET"])


def ask() -> dict[str, Any]:
    seen: dict[str, Any] = {"pieces": 0, "text": "", "done": False, "calls": [], "usage": None}
    body = {"messages": [{"role": "user", "content": "Say it."}], "stream": True}
    connection = Connection("model")
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    )
    answer = connection.getresponse()
    seen["status"], first = answer.status, 0.0
    for line in answer:
        if line.strip() == b"data: [DONE]":
            seen["done"] = True
        elif line.startswith(b"data: "):
            event = json.loads(line[6:])
            seen["usage"] = event.get("usage") or seen["usage"]
            for choice in event["choices"]:
                first = first or time.monotonic()
                seen["pieces"] += bool(choice["delta"].get("content"))
                seen["text"] += choice["delta"].get("content") or ""
                seen["calls"] += choice["delta"].get("tool_calls") or []
    return seen | {"seconds": time.monotonic() - first}


for _ in sys.argv[1]:
    print(json.dumps(ask()))
