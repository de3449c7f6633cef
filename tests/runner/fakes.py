"""Fakes: a provider that checks grants, and a clock with virtual time."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from assay.contracts.codec import encode
from assay.contracts.money import MESSAGE_TOKENS, Price
from tests.fakes.ledger.grants import FakeGrants
from tests.fakes.providers.endpoint import FakeEndpoint, Reply


class MeteredEndpoint(FakeEndpoint):
    """Checks that each request's worst case was granted before it arrives, and is not used up by earlier requests. Only
    this endpoint knows the real cost. Requests name their attempt as ``user``."""

    def __init__(self, grants: FakeGrants, price: Price, replies: list[Reply], seed: int) -> None:
        super().__init__()
        self._grants, self._price, self._replies = grants, price, replies
        self._random = random.Random(seed)
        self.used: Counter[str] = Counter()
        self.ungranted: list[tuple[str, int]] = []
        self.kinds: Counter[int] = Counter()

    def reply_to(self, body: dict[str, Any]) -> Reply:
        attempt, worst_case = body["user"], self._worst_case_nanousd(body)
        if self._grants.granted[attempt] - self.used[attempt] < worst_case:
            self.ungranted.append((attempt, worst_case))
        number = self._random.randrange(len(self._replies))
        self.kinds[number] += 1
        reply = self._replies[number]
        self.used[attempt] += self._cost_nanousd(reply, body)
        return reply

    def _worst_case_nanousd(self, body: dict[str, Any]) -> int:
        texts = [message["content"].encode() for message in body["messages"]]
        prompt = sum(len(text) + MESSAGE_TOKENS for text in texts) + len(encode({"user": body["user"]}))
        return self._price.worst_case(input_tokens=prompt, output_tokens=body["max_tokens"])

    def _cost_nanousd(self, reply: Reply, body: dict[str, Any]) -> int:
        """Nothing if the reply is an error; all output tokens if the reply is lost."""
        if reply.status != 200:
            return 0
        if reply.hang_up or reply.break_after is not None:
            words = sum(len(message["content"].split()) for message in body["messages"])
            return self._price.cost(input_tokens=words, output_tokens=body["max_tokens"])
        usage = reply.usage or {"prompt_tokens": 1, "completion_tokens": len(reply.text.split())}
        return self._price.cost(input_tokens=usage["prompt_tokens"], output_tokens=usage["completion_tokens"])


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class VirtualClock:
    """A ``rate_limiter.Clock`` that starts at 100 s and moves only when the test advances it."""

    def __init__(self) -> None:
        self._now = 100.0
        self._numbers = count()
        self._timers: list[tuple[float, int, _Timer]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None], /) -> _Timer:
        timer = _Timer(callback)
        heapq.heappush(self._timers, (self._now + delay, next(self._numbers), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        passed = asyncio.Event()
        self.call_later(seconds, passed.set)
        await passed.wait()

    async def advance(self, seconds: float) -> None:
        """Fires due timers in order, and lets tasks run after each."""
        until = self._now + seconds
        await settle()
        while self._timers and self._timers[0][0] <= until:
            self._now, _, timer = heapq.heappop(self._timers)
            if timer.callback is not None:
                timer.callback()
                await settle()
        self._now = until


async def settle() -> None:
    """Lets all ready tasks run."""
    for _ in range(10):
        await asyncio.sleep(0)
