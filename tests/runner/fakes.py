"""A ledger that hands out money, and a provider that writes down whether what it is asked was granted before."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from assay.bus.protocol import Rpc
from assay.contracts.codec import encode
from assay.contracts.money import MESSAGE_TOKENS, Price, usd
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import Grant, TopUpGrant
from tests.runner.endpoint import Endpoint, Reply


class Till:
    """Grants while there is something left of ``limit_nanousd``, once per request id. ``faults`` are used up one by
    one: an answer is lost ``before`` the money is reserved, or ``after``."""

    def __init__(self, limit_nanousd: int, faults: Iterable[str] = ()) -> None:
        self.left_nanousd = limit_nanousd
        self.faults = deque(faults)
        self.granted: Counter[str] = Counter()
        self.asked: list[TopUpGrant] = []
        self.lost = False
        self._answers: dict[str, Grant] = {}

    async def serve(self, rpc: Rpc) -> Till:
        await rpc.serve("ledger", {TopUpGrant: self.on_top_up})
        return self

    async def on_top_up(self, request: TopUpGrant) -> Grant:
        self.asked.append(request)
        fault = self.faults.popleft() if self.faults else ""
        if fault != "before" and request.request_id not in self._answers:
            self._answers[request.request_id] = self._decide(request)
        if fault:
            raise ProblemError(Problem(code="database_down", title="no database", status=503))
        return self._answers[request.request_id]

    def _decide(self, request: TopUpGrant) -> Grant:
        if self.lost:
            return Grant(lost=True)
        if request.amount_nanousd > self.left_nanousd:
            return Grant(reason=f"the run's limit has ${usd(self.left_nanousd)} left")
        self.left_nanousd -= request.amount_nanousd
        self.granted[request.attempt_id] += request.amount_nanousd
        return Grant(granted_nanousd=request.amount_nanousd)


class Watchman(Endpoint):
    """Requests name their attempt as ``user``. What a request may cost at worst must be granted when it arrives, and
    not be used up by what was asked before; what it does cost is known here alone."""

    def __init__(self, till: Till, price: Price, replies: list[Reply], seed: int) -> None:
        super().__init__()
        self._till, self._price, self._replies = till, price, replies
        self._random = random.Random(seed)
        self.used: Counter[str] = Counter()
        self.ungranted: list[tuple[str, int]] = []
        self.kinds: Counter[int] = Counter()

    def reply_to(self, body: dict[str, Any]) -> Reply:
        attempt, worst = body["user"], self.worst_nanousd(body)
        if self._till.granted[attempt] - self.used[attempt] < worst:
            self.ungranted.append((attempt, worst))
        number = self._random.randrange(len(self._replies))
        self.kinds[number] += 1
        reply = self._replies[number]
        self.used[attempt] += self._cost_nanousd(reply, body)
        return reply

    def worst_nanousd(self, body: dict[str, Any]) -> int:
        texts = [message["content"].encode() for message in body["messages"]]
        prompt = sum(len(text) + MESSAGE_TOKENS for text in texts) + len(encode({"user": body["user"]}))
        return self._price.worst_case(input_tokens=prompt, output_tokens=body["max_tokens"])

    def _cost_nanousd(self, reply: Reply, body: dict[str, Any]) -> int:
        """Nothing for an error that is told; and all that was allowed, where the reply is lost."""
        if reply.status != 200:
            return 0
        if reply.hang_up or reply.break_after is not None:
            words = sum(len(message["content"].split()) for message in body["messages"])
            return self._price.cost(input_tokens=words, output_tokens=body["max_tokens"])
        told = reply.usage or {"prompt_tokens": 1, "completion_tokens": len(reply.text.split())}
        return self._price.cost(input_tokens=told["prompt_tokens"], output_tokens=told["completion_tokens"])


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Clockwork:
    """A clock of ``services/runner/pacing`` that starts at 100 s."""

    def __init__(self) -> None:
        self._now = 100.0
        self._numbers = count()
        self._timers: list[tuple[float, int, _Timer]] = []

    def now(self) -> float:
        return self._now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> _Timer:
        timer = _Timer(callback)
        heapq.heappush(self._timers, (self._now + seconds, next(self._numbers), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        passed = asyncio.Event()
        self.call_later(seconds, passed.set)
        await passed.wait()

    async def advance(self, seconds: float) -> None:
        """What is due meanwhile happens in its order, and all that follows from it."""
        until = self._now + seconds
        await settle()
        while self._timers and self._timers[0][0] <= until:
            self._now, _, timer = heapq.heappop(self._timers)
            if timer.callback is not None:
                timer.callback()
                await settle()
        self._now = until


async def settle() -> None:
    """Lets everybody go on who can."""
    for _ in range(10):
        await asyncio.sleep(0)
