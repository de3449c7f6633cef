"""An independent agent program: it calls the model, runs its tool calls, and sends the results."""

import http.client
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

TOOL = {
    "type": "function",
    "function": {
        "name": "bash",
        "description": "Runs a command line.",
        "parameters": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    },
}


class Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["ASSAY_MODEL_SOCKET"])


def ask(messages: list[dict[str, Any]]) -> dict[str, Any]:
    connection = Connection("model")
    body = {"model": os.environ["OPENAI_MODEL"], "messages": messages, "tools": [TOOL], "temperature": 2}
    headers = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    if answer.status != 200:
        sys.exit(f"{answer.status}: {body['error']['message']}")
    return body["choices"][0]["message"]


def main() -> None:
    os.dup2(1, 3)  # for commands, to print as the program
    messages = [{"role": "user", "content": Path(os.environ["ASSAY_INSTRUCTIONS"]).read_text()}]
    while True:
        message = ask(messages)
        messages.append(message)
        if not message.get("tool_calls"):
            return
        for call in message["tool_calls"]:
            command = json.loads(call["function"]["arguments"])["command"]
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, pass_fds=(3,))
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": done.stdout + done.stderr})


main()
