"""Grants: money that a runner asks for before it calls a model."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

from assay.bus.protocol import Rpc
from assay.contracts.money import usd
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import Grant, TopUpGrant


class FakeGrants:
    """Grants up to ``limit_nanousd`` in all, once per request id. Each of ``faults`` makes one request fail: ``before``
    the money is reserved, or ``after``; an empty one lets it succeed. ``lost``: the lease has expired."""

    def __init__(self, limit_nanousd: int, faults: Iterable[str] = ()) -> None:
        self.left_nanousd = limit_nanousd
        self.faults = deque(faults)
        self.granted: Counter[str] = Counter()
        self.requests: list[TopUpGrant] = []
        self.lost = False
        self._grants: dict[str, Grant] = {}

    def handlers(self) -> dict[Any, Any]:
        return {TopUpGrant: self.on_top_up}

    async def serve(self, rpc: Rpc) -> FakeGrants:
        await rpc.serve("ledger", self.handlers())
        return self

    async def on_top_up(self, request: TopUpGrant) -> Grant:
        self.requests.append(request)
        fault = self.faults.popleft() if self.faults else ""
        if fault != "before" and request.request_id not in self._grants:
            self._grants[request.request_id] = self._grant(request)
        if fault:
            raise ProblemError(Problem(code="database_down", title="no database", status=503))
        return self._grants[request.request_id]

    def _grant(self, request: TopUpGrant) -> Grant:
        if self.lost:
            return Grant(lost=True)
        if request.amount_nanousd > self.left_nanousd:
            return Grant(reason=f"the run's limit has ${usd(self.left_nanousd)} left")
        self.left_nanousd -= request.amount_nanousd
        self.granted[request.attempt_id] += request.amount_nanousd
        return Grant(granted_nanousd=request.amount_nanousd)
