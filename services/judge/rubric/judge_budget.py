"""The money that grading one attempt may spend on the judges' account: held at the worst case before each question."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Rpc
from assay.contracts.attempts import Token
from assay.contracts.ids import new_id
from assay.contracts.money import usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Grant, TopUpGrant
from services.judge.errors import JudgeModelUnavailable
from services.judge.rubric.errors import NoBudget

_TIMEOUT_SECONDS = 5.0
_INITIAL_DELAY_SECONDS, _MAX_DELAY_SECONDS = 0.1, 2.0
_log = structlog.get_logger(__name__)


class JudgeBudget(Protocol):
    async def reserve(self, amount_nanousd: int) -> None:
        """Returns once the amount is held. Raises NoBudget if the limit has no room for it."""
        ...

    def settle(self, reserved_nanousd: int, cost_nanousd: int) -> None:
        """A question that had this much reserved has cost that much; the rest can be reserved again."""
        ...


class AttemptBudget:
    """Holds money under the lease of a grading. Its report, or the end of its lease, settles the hold."""

    def __init__(self, rpc: Rpc, attempt_id: str, token: Token) -> None:
        self._rpc, self._attempt_id, self._token = rpc, attempt_id, token
        self._available_nanousd = 0
        self._lock = asyncio.Lock()

    async def reserve(self, amount_nanousd: int) -> None:
        async with self._lock:
            missing = amount_nanousd - self._available_nanousd
            if missing > 0:
                await self._top_up(missing, amount_nanousd)
                self._available_nanousd += missing
            self._available_nanousd -= amount_nanousd

    def settle(self, reserved_nanousd: int, cost_nanousd: int) -> None:
        self._available_nanousd += max(0, reserved_nanousd - cost_nanousd)

    async def _top_up(self, missing_nanousd: int, amount_nanousd: int) -> None:
        request = TopUpGrant(
            request_id=new_id(), attempt_id=self._attempt_id, token=self._token, amount_nanousd=missing_nanousd
        )
        grant = await self._granted(request)
        if grant.lost:
            raise JudgeModelUnavailable("the lease is no longer this judge's, says the ledger")
        if grant.granted_nanousd < missing_nanousd:
            raise NoBudget(
                f"the judges' limit has no room for a question that may cost ${usd(amount_nanousd)}: {grant.reason}; "
                "raise it with `assay limits set --judge`, then retry the run"
            )

    async def _granted(self, request: TopUpGrant) -> Grant:
        """Repeats the same request until it is answered, so that the money is held once. Losing the lease cancels the
        grading, and this with it."""
        delay = _INITIAL_DELAY_SECONDS
        while True:
            try:
                return await self._rpc.request(request, _TIMEOUT_SECONDS)
            except BusUnavailable as error:
                _log.info("judge.waits_for_a_grant", reason=str(error))
            except ProblemError as error:
                if error.problem.status < 500:
                    raise
            await asyncio.sleep(delay)
            delay = min(2 * delay, _MAX_DELAY_SECONDS)
