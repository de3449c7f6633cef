"""A try's grant: the money it may still spend, and requests to the ledger for more."""

from __future__ import annotations

import asyncio
from typing import Protocol

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Rpc
from assay.contracts.attempts import Ticket
from assay.contracts.ids import new_id
from assay.contracts.money import usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Grant, TopUpGrant
from services.runner.errors import GrantRefused, LeaseLost, LedgerUnavailable
from services.runner.tries.tail_writer import OnWait

_TIMEOUT_SECONDS = 5.0
_INITIAL_DELAY_SECONDS = 0.1
_MAX_DELAY_SECONDS = 2.0


class Grants(Protocol):
    async def top_up(self, request: TopUpGrant) -> Grant:
        """Raises LedgerUnavailable if there is no answer; repeating the same request is safe."""
        ...


class RpcGrants:
    """Asks the ledger over the bus."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    async def top_up(self, request: TopUpGrant) -> Grant:
        try:
            return await self._rpc.request(request, _TIMEOUT_SECONDS)
        except BusUnavailable as error:
            raise LedgerUnavailable(str(error)) from error
        except ProblemError as error:
            if error.problem.status < 500:
                raise
            raise LedgerUnavailable(str(error)) from error


class GrantBudget:
    """The part of the grant that is not spent. ``on_wait`` is called while the ledger does not answer."""

    def __init__(self, ticket: Ticket, grants: Grants, on_wait: OnWait) -> None:
        self._ticket, self._grants, self._on_wait = ticket, grants, on_wait
        self._available_nanousd = ticket.grant_nanousd

    async def ensure(self, worst_case_nanousd: int) -> None:
        """Returns once the grant covers a request of that cost. Raises GrantRefused, or LeaseLost."""
        missing = worst_case_nanousd - self._available_nanousd
        if missing <= 0:
            return
        grant = await self._top_up(missing)
        if grant.lost:
            raise LeaseLost("the lease is no longer this runner's, says the ledger")
        self._available_nanousd += grant.granted_nanousd
        if self._available_nanousd < worst_case_nanousd:
            raise GrantRefused(
                f"the next request may cost ${usd(worst_case_nanousd)}, but the ledger did not grant the missing "
                f"${usd(missing)}: {grant.reason or 'no reason given'}"
            )

    def spend(self, cost_nanousd: int) -> None:
        """If a provider charges more than the worst case, the excess is not taken from later grants."""
        self._available_nanousd = max(0, self._available_nanousd - cost_nanousd)

    async def _top_up(self, amount_nanousd: int) -> Grant:
        """Repeats the same request until it is answered, so that the money is granted once. Losing the lease cancels
        the try, and this with it."""
        request = TopUpGrant(
            request_id=new_id(),
            attempt_id=self._ticket.attempt_id,
            token=self._ticket.token,
            amount_nanousd=amount_nanousd,
        )
        delay = _INITIAL_DELAY_SECONDS
        while True:
            try:
                return await self._grants.top_up(request)
            except LedgerUnavailable as error:
                await self._on_wait(f"waiting for a grant: {error}")
            await asyncio.sleep(delay)
            delay = min(delay * 2, _MAX_DELAY_SECONDS)


def open_budget(ticket: Ticket, grants: Grants, on_wait: OnWait) -> GrantBudget | None:
    """None for a free model, which needs no grant."""
    return None if ticket.price is None or ticket.price.free else GrantBudget(ticket, grants, on_wait)
