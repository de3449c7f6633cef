"""An agent as a program: it asks the model what to do, does it and reports the result, until the model submits.

It is started in the workspace and asks the model through a socket. It needs nothing but Python, and its tools do what
those of solver ``agent`` do.
"""

from __future__ import annotations

import difflib
import http.client
import json
import os
import pathlib
import socket
import subprocess
from typing import Any

DIFFED = "billing"
TOOLS = {
    "bash": ("Runs a bash command line in the workspace.", ("command",)),
    "python": ("Runs a Python program in the workspace.", ("code",)),
    "text_editor": (
        "Views and edits one file: command is view, create (with file_text) or str_replace (old_str, found once, by "
        "new_str).",
        ("command", "path", "file_text", "old_str", "new_str"),
    ),
    "git_diff": ("Shows what has changed since the beginning.", ()),
    "submit": ("Ends the work.", ("message",)),
}


class Model(http.client.HTTPConnection):
    """HTTP, by the socket that the sandbox has instead of a network."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["ASSAY_MODEL_SOCKET"])


def ask(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The model's next message."""
    body = {"model": os.environ["OPENAI_MODEL"], "messages": messages, "tools": [described(name) for name in TOOLS]}
    headers = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"}
    model = Model("model")
    model.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    answer = model.getresponse()
    reply = json.loads(answer.read())
    if answer.status != 200:
        raise SystemExit(reply["error"]["message"])
    return reply["choices"][0]["message"]


def described(name: str) -> dict[str, Any]:
    purpose, arguments = TOOLS[name]
    properties = {argument: {"type": "string"} for argument in arguments}
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "description": purpose, "parameters": parameters}}


def use(name: str, arguments: dict[str, str]) -> str:
    """What comes of a call, as text."""
    if name == "bash":
        return run(["bash", "-c", arguments["command"]])
    if name == "python":
        return run(["python3", "-"], arguments["code"])
    if name == "text_editor":
        return edit(**arguments)
    if name == "git_diff":
        return diff() or "(nothing has changed)"
    raise ValueError(f"there is no tool {name!r}; there are {', '.join(TOOLS)}")


def run(argv: list[str], stdin: str = "") -> str:
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, errors="replace")
    output = [done.stdout.rstrip("\n"), done.stderr and "stderr:\n" + done.stderr.rstrip("\n")]
    return "\n".join([part for part in output if part] + [f"[exit code {done.returncode}]"])


def edit(command: str, path: str, file_text: str = "", old_str: str = "", new_str: str = "") -> str:
    path = path.removeprefix("/workspace/")
    file = pathlib.Path(path)
    if command == "view":
        lines = file.read_text().split("\n")
        return numbered(lines, 1, len(lines))
    if command == "create":
        was = "written anew" if file.exists() else "created"
        file.write_text(file_text)
        return f"{path} is {was}, {len(file_text)} characters"
    text = file.read_text()
    if command != "str_replace" or text.count(old_str) != 1:
        raise ValueError(f"{command} cannot be done; old_str must be in {path} exactly once")
    changed = text.replace(old_str, new_str)
    file.write_text(changed)
    first = text.count("\n", 0, text.index(old_str)) + 1
    lines = changed.split("\n")
    last = min(len(lines), first + new_str.count("\n") + 3)
    return f"{path} is changed:\n{numbered(lines, max(1, first - 3), last)}"


def numbered(lines: list[str], first: int, last: int) -> str:
    return "\n".join(f"{number:6}\t{lines[number - 1]}" for number in range(first, last + 1))


def files() -> dict[str, str]:
    return {str(path): path.read_text() for path in sorted(pathlib.Path(DIFFED).rglob("*.py"))}


def diff() -> str:
    found: list[str] = []
    now = files()
    for path in sorted({*BEFORE, *now}):
        old, new = (texts.get(path, "").splitlines(keepends=True) for texts in (BEFORE, now))
        if old != new:
            found += [f"diff --git a/{path} b/{path}\n", *difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")]
    return "".join(found)


def main() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": pathlib.Path(os.environ["ASSAY_INSTRUCTIONS"]).read_text()}
    ]
    while True:
        message = ask(messages)
        messages.append(message)
        calls = message.get("tool_calls") or []
        if not calls:
            return
        for call in calls:
            name = call["function"]["name"]
            if name == "submit":
                return
            try:
                result = use(name, json.loads(call["function"]["arguments"]))
            except (OSError, KeyError, TypeError, ValueError) as error:
                result = f"error: {error}"
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})


BEFORE = files()
main()
