"""Output of a running attempt from before the client subscribed: complete, in order, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.contracts import subjects
from assay.contracts.ids import attempt_id
from assay.contracts.rpc import ReadTail, TailBacklog
from assay.contracts.tail import TailKind, TailLine, tail_end
from services.gateway.live.client.tail_position import TailPosition
from services.runner.tries.tail_buffer import TailBuffer
from tests.gateway.harness import FAST, Gateway, LiveClient, open_gateway

WORDS = ("one ", "two ", "three ", "four ", "five ", "six ", "seven ")


class RunningTry:
    """A runner's part: sends lines on the tail and keeps them. ``gate`` delays the replies to requests for them."""

    def __init__(self, gateway: Gateway, run_id: str, token: int = 1) -> None:
        self.bus, self.run_id, self.token = gateway.bus, run_id, token
        self.name = attempt_id(run_id, 0)
        self.buffer = TailBuffer()
        self.gate, self.asked = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self._offset = 0

    async def serve(self) -> None:
        await self.bus.rpc.serve_broadcast({ReadTail: self._on_tail_read})

    async def _on_tail_read(self, request: ReadTail) -> TailBacklog | None:
        if request.attempt_id != self.name:
            return None
        lines = self.buffer.lines()
        self.asked.set()
        await self.gate.wait()
        return TailBacklog(lines=lines)

    async def say(self, text: str, kind: TailKind = TailKind.MODEL) -> None:
        line = tail_line(self.name, text, self._offset, kind, self.token)
        self._offset = tail_end(line)
        self.buffer.add(line)
        await self.bus.tail.emit(subjects.tail("default", self.run_id, self.name), line)


def tail_line(
    name: str, text: str, offset: int, kind: TailKind = TailKind.MODEL, token: int = 1, **more: Any
) -> TailLine:
    return TailLine(attempt_id=name, token=token, kind=kind, text=text, time=datetime.now(UTC), offset=offset, **more)


async def received(live: LiveClient, text: str) -> list[dict[str, Any]]:
    """The lines up to the one that ends so."""
    lines: list[dict[str, Any]] = []
    while not lines or not lines[-1]["text"].endswith(text):
        frame = await live.next("tail")
        assert frame["dropped"] == 0
        lines += frame["lines"]
    return lines


def joined(lines: Sequence[dict[str, Any]]) -> str:
    return "".join(line["text"] for line in lines)


async def test_a_late_subscriber_gets_what_was_said_before(gateway: Gateway) -> None:
    running = RunningTry(gateway, await gateway.ledger.new_run(attempts=1))
    await running.serve()
    for word in WORDS[:4]:
        await running.say(word)
    async with gateway.live() as first, gateway.live() as second:
        await first.subscribe(f"attempt:{running.name}")
        assert joined(await received(first, "four ")) == "one two three four "
        await running.say("five ")
        assert joined(await received(first, "five ")) == "five "
        await second.subscribe(f"attempt:{running.name}")
        assert joined(await received(second, "five ")) == "one two three four five "
        await running.say("six ")
        assert joined(await received(first, "six ")) == joined(await received(second, "six ")) == "six "


async def test_lines_that_arrive_with_the_backlog_are_sent_once_and_after_it(tmp_path: Path) -> None:
    patient = replace(FAST, backlog_seconds=60.0)
    async with open_gateway(tmp_path, live_settings=patient) as gateway:
        running = RunningTry(gateway, await gateway.ledger.new_run(attempts=1))
        await running.serve()
        await running.say("before. ", TailKind.STDOUT)
        running.gate.clear()
        async with gateway.live() as live:
            await live.subscribe(f"attempt:{running.name}")
            await running.asked.wait()
            for word in WORDS:
                await running.say(word)
            running.gate.set()
            lines = await received(live, WORDS[-1])
        assert joined(lines) == "before. " + "".join(WORDS)
        assert [line["offset"] for line in lines] == sorted({line["offset"] for line in lines})


async def test_without_a_runner_lines_are_sent_as_they_come(gateway: Gateway) -> None:
    running = RunningTry(gateway, await gateway.ledger.new_run(attempts=1))
    async with gateway.live() as live:
        await live.subscribe(f"attempt:{running.name}")
        await live.next("snapshot")
        lines: list[dict[str, Any]] = []
        while not lines:  # the first ones can be too early
            await running.say("hello ")
            try:
                lines = (await live.next("tail", seconds=0.2))["lines"]
            except TimeoutError:
                continue
    assert lines[0]["text"] == "hello "


def test_what_a_client_has_is_not_sent_again_even_in_part() -> None:
    position = TailPosition()
    texts = [
        position.unsent_part(tail_line("r1-1", text, offset, token=token))
        for text, offset, token in (
            ("abc", 4, 1),  # the beginning was not kept
            ("abc", 4, 1),
            ("bcd", 5, 1),
            ("", 8, 1),
            ("", 8, 1),
            ("xyz", 20, 1),  # a gap
            ("no", 0, 1),
            ("new try", 0, 2),
            ("new", 0, 2),
            ("no offset", -1, 2),
            ("no offset", -1, 2),
        )
    ]
    assert [line and line.text for line in texts] == (
        ["abc", None, "d", "", None, "xyz", None, "new try", None, "no offset", "no offset"]
    )
    assert texts[2] is not None
    assert texts[2].offset == 7
