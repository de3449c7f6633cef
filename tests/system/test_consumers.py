"""External consumers of facts: the two examples, in processes of their own, with nothing but the read-only login."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import nats
import nats.errors
import pytest

from tests.system.harness import Stack, running_stack
from tests.tcp_proxy import TcpProxy

EXAMPLES = Path(__file__).parents[2] / "examples" / "consumers"
PROGRAMS = {"python": (sys.executable, str(EXAMPLES / "follow.py")), "node": ("node", str(EXAMPLES / "follow.mjs"))}
WAIT_SECONDS = 300

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def write_settings(stack: Stack, name: str, file: Path) -> dict[str, str]:
    command = (sys.executable, "-m", "assay.cli", "consumers", "token", name, "--out", str(file))
    done = subprocess.run((*command, "--data", str(stack.data)), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


class Consumer:
    """An example, connected through a proxy that can break its connections."""

    def __init__(self, name: str, folder: Path, proxy: TcpProxy, settings: dict[str, str]) -> None:
        self.proxy = proxy
        self.output = folder / f"{name}.jsonl"
        self._settings = folder / f"{name}-proxied.env"
        proxied = {**settings, "ASSAY_NATS_URL": f"nats://127.0.0.1:{proxy.port}"}
        self._settings.write_text("".join(f"{key}={value}\n" for key, value in proxied.items()))
        self._program = PROGRAMS[name]
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = (*self._program, str(self._settings), str(self.output))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """With its process group, because ``node`` can be a script that starts the program."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def facts(self, run_id: str) -> list[dict[str, Any]]:
        """The facts of a run that the example has written, by sequence; each of them is a complete line."""
        lines = self.output.read_bytes().split(b"\n")[:-1] if self.output.exists() else []
        facts = [fact for fact in map(json.loads, lines) if fact["runid"] == run_id]
        return sorted(facts, key=lambda fact: fact["sequence"])

    def wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not until():
            assert self._process is not None
            assert self._process.poll() is None and time.monotonic() < deadline, self._log.read_text()[-3000:]
            time.sleep(0.05)

    def wait_for_all(self, run_id: str, expected: list[dict[str, Any]]) -> None:
        self.wait(lambda: len(self.facts(run_id)) >= len(expected))
        assert self.facts(run_id) == expected


@contextmanager
def consumer(stack: Stack, name: str, folder: Path) -> Generator[Consumer]:
    settings = write_settings(stack, name, folder / f"{name}.env")
    with TcpProxy(int(settings["ASSAY_NATS_URL"].rpartition(":")[2])) as proxy:
        found = Consumer(name, folder, proxy, settings)
        try:
            yield found
        finally:
            found.kill()


@pytest.fixture(scope="module")
def stack() -> Generator[Stack]:
    with running_stack() as running:
        yield running


def submit(stack: Stack, repeats: int = 3) -> str:
    """Answers, whose grading is cheap: 8 attempts for each repeat."""
    return stack.submit(tasks=["ticket_routing"], models=["oracle", "nop"], samples=4, repeats=repeats)


@pytest.fixture(scope="module")
def _node_packages() -> None:
    assert shutil.which("node"), "the Node example needs node 20 or newer"
    assert (EXAMPLES / "node_modules").is_dir(), f"run `make setup`, or `npm ci` in {EXAMPLES}"


@pytest.mark.usefixtures("_node_packages")
def test_a_python_and_a_node_consumer_get_every_fact_once_whatever_is_interrupted(stack: Stack, tmp_path: Path) -> None:
    with ExitStack() as exits:
        consumers = [exits.enter_context(consumer(stack, name, tmp_path)) for name in PROGRAMS]
        for each in consumers:
            each.start()
        followed = submit(stack)
        stack.finish(followed, WAIT_SECONDS)
        for each in consumers:
            each.wait_for_all(followed, stack.facts(followed))

        for each in consumers:
            each.proxy.cut()
        missed = submit(stack)
        stack.finish(missed, WAIT_SECONDS)
        assert [each.facts(missed) for each in consumers] == [[], []]
        for each in consumers:
            each.proxy.restore()
            each.wait_for_all(missed, stack.facts(missed))

        interrupted = submit(stack, repeats=20)
        for each in consumers:
            each.wait(lambda each=each: len(each.facts(interrupted)) > 5)
            each.proxy.cut()
            each.proxy.restore()
        for each in consumers:
            each.kill()
            each.start()
        stack.kill("nats-server")
        stack.finish(interrupted, WAIT_SECONDS)
        for each in consumers:
            each.wait_for_all(interrupted, stack.facts(interrupted))
            assert each.facts(followed) == stack.facts(followed)


def test_the_login_can_neither_publish_facts_nor_read_work_or_reports(stack: Stack, tmp_path: Path) -> None:
    settings = write_settings(stack, "curious", tmp_path / "curious.env")
    assert (tmp_path / "curious.env").stat().st_mode & 0o077 == 0

    async def refusals() -> set[str]:
        found, all_found = set[str](), asyncio.Event()

        async def note(error: Exception) -> None:
            found.add(str(error))
            if len(found) == 4:
                all_found.set()

        client = await nats.connect(
            settings["ASSAY_NATS_URL"],
            user=settings["ASSAY_NATS_USER"],
            password=settings["ASSAY_NATS_PASSWORD"],
            inbox_prefix=f"_INBOX_{settings['ASSAY_NATS_USER']}",
            error_cb=note,
        )
        await client.publish("assay.evt.v1.default.run.finished.r1", b"{}")
        await client.subscribe("assay.work.>")
        await client.publish("$JS.API.CONSUMER.MSG.NEXT.ASSAY_REPORTS.reports", b"1")
        await client.publish("$JS.API.CONSUMER.CREATE.ASSAY_WORK.mine", b"{}")
        async with asyncio.timeout(30):
            await all_found.wait()
        await client.close()
        return found

    found = asyncio.run(refusals())
    assert all(re.search("(?i)permissions violation", text) for text in found), found


def test_a_removed_login_is_refused_and_a_new_one_starts_over(stack: Stack, tmp_path: Path) -> None:
    def names() -> list[str]:
        command = (sys.executable, "-m", "assay.cli", "consumers", "list", "--json", "--data", str(stack.data))
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def connect(settings: dict[str, str]) -> None:
        async def connect_once() -> None:
            client = await nats.connect(
                settings["ASSAY_NATS_URL"],
                user=settings["ASSAY_NATS_USER"],
                password=settings["ASSAY_NATS_PASSWORD"],
                allow_reconnect=False,
            )
            await client.close()

        asyncio.run(connect_once())

    first = write_settings(stack, "leaving", tmp_path / "leaving.env")
    connect(first)
    assert "leaving" in names()
    command = (sys.executable, "-m", "assay.cli", "consumers", "remove", "leaving", "--data", str(stack.data))
    assert subprocess.run(command, timeout=120).returncode == 0
    assert "leaving" not in names()

    def is_refused() -> bool:
        try:
            connect(first)
        except nats.errors.Error as error:
            return "authorization" in str(error).lower()
        return False

    stack.wait_until(is_refused)  # a moment after the signal to the server
    second = write_settings(stack, "leaving", tmp_path / "leaving.env")
    assert second["ASSAY_NATS_PASSWORD"] != first["ASSAY_NATS_PASSWORD"]
    connect(second)


def test_a_consumer_continues_after_the_bus_has_lost_its_store(tmp_path: Path) -> None:
    """The ledger creates the durable consumer again and publishes facts again, with the same ids."""
    with running_stack() as stack, consumer(stack, "python", tmp_path) as follower:
        follower.start()
        before = submit(stack)
        stack.finish(before, WAIT_SECONDS)
        follower.wait_for_all(before, stack.facts(before))
        shutil.rmtree(stack.data / "nats" / "jetstream")
        stack.kill("nats-server")
        stack.wait_until(lambda: '"service":"nats","event":"crashed"' in (stack.data / "up.log").read_text())
        after = stack.submit_when_ready(tasks=["add_two"], models=["oracle"])
        stack.finish(after, WAIT_SECONDS)
        follower.wait_for_all(after, stack.facts(after))
        assert follower.facts(before) == stack.facts(before)
