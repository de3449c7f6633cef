"""The money that grading one attempt may spend on the judges' account: held at the worst case before each question."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Rpc
from assay.contracts.attempts import Token
from assay.contracts.ids import new_id
from assay.contracts.models import Call
from assay.contracts.money import usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Grant, HoldForCalibration, Request, SettleCalibration, TopUpGrant
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


class _HeldBudget:
    """Money that is held bit by bit, by ``request_for`` an amount, and used before more is held."""

    def __init__(self, rpc: Rpc, request_for: Callable[[int], Request[Grant]]) -> None:
        self._rpc, self._request_for = rpc, request_for
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
        grant = await self._granted(self._request_for(missing_nanousd))
        if grant.lost:
            raise JudgeModelUnavailable(f"the ledger holds no more money for this grading: {grant.reason}")
        if grant.granted_nanousd < missing_nanousd:
            raise NoBudget(
                f"the judges' limit has no room for a question that may cost ${usd(amount_nanousd)}: {grant.reason}; "
                "raise it with `assay limits set --judge`, then retry the run"
            )

    async def _granted(self, request: Request[Grant]) -> Grant:
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


class AttemptBudget(_HeldBudget):
    """Holds money under the lease of a grading. Its report, or the end of its lease, settles the hold."""

    def __init__(self, rpc: Rpc, attempt_id: str, token: Token) -> None:
        super().__init__(rpc, self._request)
        self._attempt_id, self._token = attempt_id, token

    def _request(self, amount_nanousd: int) -> Request[Grant]:
        return TopUpGrant(
            request_id=new_id(), attempt_id=self._attempt_id, token=self._token, amount_nanousd=amount_nanousd
        )


class CalibrationBudget(_HeldBudget):
    """Holds money to judge one text outside of any run."""

    def __init__(self, rpc: Rpc) -> None:
        super().__init__(rpc, self._request)
        self._calibration_id = f"calibration:{new_id()}"
        self._used = False

    def _request(self, amount_nanousd: int) -> Request[Grant]:
        self._used = True
        return HoldForCalibration(
            request_id=new_id(), calibration_id=self._calibration_id, amount_nanousd=amount_nanousd
        )

    async def close(self, calls: Sequence[Call]) -> None:
        """Settles the hold. If the ledger does not answer, it posts all that was held later."""
        if not self._used and not calls:
            return
        request = SettleCalibration(calibration_id=self._calibration_id, calls=tuple(calls))
        try:
            await self._rpc.request(request, _TIMEOUT_SECONDS)
        except (BusUnavailable, ProblemError) as error:
            _log.warning("judge.calibration_not_settled", calibration_id=self._calibration_id, reason=str(error))
