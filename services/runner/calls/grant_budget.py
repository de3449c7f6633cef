"""The money of a try: what its grant still holds, and asking the ledger for more."""

from __future__ import annotations

import asyncio
from typing import Protocol, TypeVar

from assay.bus.errors import BusUnavailable
from assay.contracts.attempts import Ticket
from assay.contracts.ids import new_id
from assay.contracts.money import usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Grant, Request, TopUpGrant
from services.runner.errors import GrantRefused, GrantsAway, LeaseLost
from services.runner.tries.tail_writer import Waits

R = TypeVar("R")

_TIMEOUT_SECONDS = 5.0
_FIRST_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 2.0


class Grants(Protocol):
    async def top_up(self, request: TopUpGrant) -> Grant:
        """Raises GrantsAway when there is no answer; the same request may then be made again."""
        ...


class RpcPort(Protocol):
    async def request(self, request: Request[R], timeout_seconds: float = 5.0) -> R: ...


class RpcGrants:
    """The ledger's, over the bus."""

    def __init__(self, rpc: RpcPort) -> None:
        self._rpc = rpc

    async def top_up(self, request: TopUpGrant) -> Grant:
        try:
            return await self._rpc.request(request, _TIMEOUT_SECONDS)
        except BusUnavailable as error:
            raise GrantsAway(str(error)) from error
        except ProblemError as error:
            if error.problem.status < 500:
                raise
            raise GrantsAway(str(error)) from error


class Purse:
    """What a try may still spend of its grant. ``waits`` is told when the ledger lets it wait."""

    def __init__(self, ticket: Ticket, grants: Grants, waits: Waits) -> None:
        self._ticket, self._grants, self._waits = ticket, grants, waits
        self._left_nanousd = ticket.grant_nanousd

    async def make_room(self, worst_nanousd: int) -> None:
        """Returns when a request that costs no more may be made. Raises GrantRefused, or LeaseLost."""
        missing = worst_nanousd - self._left_nanousd
        if missing <= 0:
            return
        grant = await self._top_up(missing)
        if grant.lost:
            raise LeaseLost("the ledger says that the lease is no longer this runner's")
        self._left_nanousd += grant.granted_nanousd
        if self._left_nanousd < worst_nanousd:
            raise GrantRefused(
                f"a request may cost ${usd(worst_nanousd)}, and ${usd(missing)} more are not granted: "
                f"{grant.reason or 'the ledger gave no reason'}"
            )

    def spend(self, cost_nanousd: int) -> None:
        """What a provider charged beyond the worst case is not taken from what is granted later."""
        self._left_nanousd = max(0, self._left_nanousd - cost_nanousd)

    async def _top_up(self, amount_nanousd: int) -> Grant:
        """Until there is an answer, always by the same request, so that it is granted once. A lease that is lost
        meanwhile cancels the try, and this with it."""
        request = TopUpGrant(
            request_id=new_id(),
            attempt_id=self._ticket.attempt_id,
            token=self._ticket.token,
            amount_nanousd=amount_nanousd,
        )
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self._grants.top_up(request)
            except GrantsAway as error:
                await self._waits(f"waiting for money: {error}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE_SECONDS)


def purse_of(ticket: Ticket, grants: Grants, waits: Waits) -> Purse | None:
    """None for what costs nothing: it needs no grant."""
    return None if ticket.price is None or ticket.price.free else Purse(ticket, grants, waits)
