"""What docs/events.md prints, run as printed against the real system, except for the port, which may be in use."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from assay.embedded.services import Address
from tests.system.harness import Stack, running_stack

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "events.md").read_text()
BLOCKS = [(match[1], match[2]) for match in re.finditer(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
PRINTED_RUN = "01jd0v6m3w8q9x2k5n7r4t1y0z"
WAIT_SECONDS = 90

pytestmark = pytest.mark.slow


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture(scope="module")
def stack() -> Generator[Stack]:
    """The stack of a checkout: its data are in `.assay` below the current folder."""
    with tempfile.TemporaryDirectory(prefix="assay-page-") as folder:
        Path(folder).chmod(0o755)
        for name in (".venv", "examples"):
            Path(folder, name).symlink_to(ROOT / name)
        data = Path(folder, ".assay")
        data.mkdir()
        with running_stack(data=data) as running:
            yield running


@pytest.fixture(scope="module")
def run_id(stack: Stack) -> str:
    """A finished run of one attempt, as in the page's example. Until workers have probed their sandboxes a run would
    wait, with further facts."""
    stages = ("run", "judge")
    stack.wait_until(lambda: all(_slots(stack)[stage]["live_slots"] for stage in stages))
    run_id = stack.submit(tasks=["add_two"], models=["oracle"])
    stack.finish(run_id)
    return run_id


def _slots(stack: Stack) -> dict[str, Any]:
    return stack.http.get("/scaling/default", params={"sandbox": "any"}).json()


def start(stack: Stack, command: str) -> subprocess.Popen[str]:
    """The command in a shell in the checkout, whose programs come first. It leads a process group, because ``node`` can
    be a script that starts the program."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    environment.pop("ASSAY_DATA", None)
    pipe = subprocess.PIPE
    return subprocess.Popen(
        ["/bin/bash", "-ec", command],
        cwd=stack.data.parent,
        env=environment,
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
    )


def run(stack: Stack, command: str) -> str:
    process = start(stack, command)
    output, errors = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0, errors
    return output


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def with_port(stack: Stack, text: str) -> str:
    return text.replace(f"127.0.0.1:{Address().port}", stack.url.removeprefix("http://"))


def live(stack: Stack) -> ClientConnection:
    return connect(f"{stack.url.replace('http', 'ws', 1)}/api/v1/live")


def frames_until(socket: ClientConnection, last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while not found or not last(found[-1]):
        found.append(json.loads(socket.recv(timeout=WAIT_SECONDS)))
    return found


def test_every_block_of_the_page_is_run_by_a_test_of_this_file() -> None:
    assert [language for language, _ in BLOCKS] == ["", "python", "sh", "sh", "sh"]
    assert f"127.0.0.1:{Address().port}" in blocks("python")[0]


def test_the_python_program_prints_every_fact_of_a_run(stack: Stack, run_id: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(with_port(stack, blocks("python")[0]))
    lines = run(stack, f"python {program} {run_id}").splitlines()
    assert lines == [f"{fact['sequence']} {fact['type']} {fact['subject']}" for fact in stack.facts(run_id)]


def test_the_commands_give_consumers_that_write_every_fact_of_a_run(stack: Stack, run_id: str) -> None:
    """The first block creates a login, the second uses it; the third does both in Node and does not return."""
    token, python, node = blocks("sh")
    run(stack, token)
    expected = stack.facts(run_id)
    for command, output in ((python, "facts.jsonl"), (node, "audit.jsonl")):
        file = stack.data.parent / output
        process = start(stack, command)
        try:
            wait(lambda file=file: file.exists() and file.read_text().count("\n") >= len(expected))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        written = [json.loads(line) for line in file.read_text().splitlines()]
        assert sorted(written, key=lambda fact: fact["sequence"]) == expected


def printed_frames(text: str) -> list[tuple[int, str]]:
    """Cursor (or sequence) and type of the facts that the transcript prints."""
    pattern = r'"cursor": (\d+),\s+"event": \{[^}]*?"type": "([\w.]+)"'
    return [(int(cursor), kind) for cursor, kind in re.findall(pattern, text)]


def test_the_example_shows_the_frames_of_a_run_of_one_attempt(stack: Stack, run_id: str) -> None:
    transcript = blocks("")[0]
    subscriptions = [json.loads(line[2:]) for line in transcript.splitlines() if line.startswith("> ")]
    printed = printed_frames(transcript)
    assert printed[0] == (3, "run.started") and len(printed) == 6
    sent = json.loads(json.dumps(subscriptions).replace(PRINTED_RUN, run_id))
    sent[0]["cursor"] = 2  # the snapshot's, because the run has ended meanwhile
    for subscription in sent:
        with live(stack) as socket:
            socket.send(json.dumps(subscription))
            frames = frames_until(socket, lambda frame: frame["event"]["type"] == "run.finished")
        received = [(frame["cursor"], frame["event"]["type"]) for frame in frames]
        assert received == [each for each in printed if each[0] > subscription["cursor"]]
    attempts = set(re.findall(rf"{PRINTED_RUN}-\d+", transcript))
    real = {attempt["attempt_id"] for attempt in stack.attempts(run_id)}
    assert {attempt.replace(PRINTED_RUN, run_id) for attempt in attempts} == real


def test_the_frames_in_the_tables_are_understood(stack: Stack, run_id: str) -> None:
    frames = re.findall(r'^\| `(\{"type".*?\})` \|', PAGE, re.MULTILINE)
    topics = re.findall(r"^\| `(run:|attempt:|runs|leaderboard)", PAGE, re.MULTILINE)
    assert (len(frames), topics) == (4, ["run:", "attempt:", "runs", "leaderboard"])
    for topic in (f"run:{run_id}", f"attempt:{run_id}-1", "runs", "leaderboard", "leaderboard:demo"):
        with live(stack) as socket:
            for frame in frames:
                if "cursor" not in frame or topic.startswith("run:"):
                    socket.send(frame.replace("T", json.dumps(topic)).replace("17", "1"))
            received = frames_until(socket, lambda frame: frame["type"] == "pong")
        assert "error" not in {frame["type"] for frame in received}, received
        assert {frame["topic"] for frame in received if "topic" in frame} <= {topic}


def test_the_requests_in_the_text_are_answered(stack: Stack, run_id: str) -> None:
    expected = stack.facts(run_id)
    path = f"/runs/{run_id}/facts"
    assert f"/api/v1{path.replace(run_id, '{run_id}')}?after={{cursor}}" in PAGE
    assert stack.http.get(path, params={"after": 3}).json() == expected[3:]
    of_the_run = stack.http.get(path, params={"after": 0, "entity": "run"}).json()
    assert of_the_run == [fact for fact in expected if fact["type"].startswith("run.")]
