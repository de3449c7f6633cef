"""Many tries spend from one limit, with an unreliable provider and a grants whose answers get lost."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import msgspec
import pytest

from assay.contracts.attempts import AttemptExecuted, Ticket
from assay.contracts.ids import attempt_id
from assay.contracts.models import ModelSpec, Parameters
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from services.runner.handlers import on_ticket
from tests.fakes.ledger.grants import FakeGrants
from tests.fakes.providers.endpoint import Reply, serve_endpoint
from tests.runner.fakes import MeteredEndpoint
from tests.runner.harness import PRICE, RUN, RunnerHarness, open_harness

TRIES = 64
MAX_TOKENS = 40
WORST = 740_000
"""About the worst case of one request."""
REPLIES = [
    Reply(usage={"prompt_tokens": 30, "completion_tokens": 11}),
    Reply(usage={"prompt_tokens": 70, "completion_tokens": MAX_TOKENS}),
    Reply(usage=None, text="blue"),
    Reply(hang_up=True),
    Reply(break_after=2),
    Reply(status=500),
    Reply(status=429, headers={"retry-after-ms": "15"}),
]


async def tickets(runner: RunnerHarness, grant_nanousd: int) -> list[Ticket]:
    """Their requests name the attempt as ``user``."""
    names = [attempt_id(RUN, number) for number in range(TRIES)]
    specs = [ModelSpec(name="wide/m-1", parameters=Parameters(extra={"user": name})) for name in names]
    limits = Limits(wall_seconds=30, max_tokens=MAX_TOKENS)
    ticket = await runner.ticket("colours", "wide/m-1", limits=limits, grant_nanousd=grant_nanousd)
    return [
        msgspec.structs.replace(ticket, attempt_id=name, model=spec) for name, spec in zip(names, specs, strict=True)
    ]


@pytest.mark.parametrize(("grant", "more"), [(0, 48), (WORST // 2, 20), (WORST, 8), (2 * WORST, 0)])
@pytest.mark.parametrize("seed", range(2))
async def test_no_request_of_64_tries_is_sent_without_a_grant(tmp_path: Path, grant: int, more: int, seed: int) -> None:
    """Each try starts with ``grant``; the limit covers ``more`` further requests."""
    rng = random.Random(seed)
    limit = TRIES * grant + more * WORST
    grants = FakeGrants(limit, [rng.choice(["", "", "before", "after"]) for _ in range(25)])
    async with (
        serve_endpoint(MeteredEndpoint(grants, PRICE, REPLIES, seed)) as metered,
        open_harness(tmp_path, metered.url) as runner,
    ):
        await grants.serve(runner.bus.rpc)
        all_tickets = await tickets(runner, grant)
        for ticket in all_tickets:
            grants.granted[ticket.attempt_id] = grant
            grants.left_nanousd -= grant
        reports = await asyncio.gather(*(on_ticket(ticket, runner.ports) for ticket in all_tickets))
    assert not metered.ungranted
    assert len(metered.bodies) >= TRIES // 2
    assert grants.left_nanousd >= 0
    check(reports, grants, limit)
    assert len(metered.kinds) == len(REPLIES), "every kind of reply occurred"


def check(reports: list[AttemptExecuted], grants: FakeGrants, limit: int) -> None:
    """Reported cost never exceeds the grants, and grants never the limit."""
    for report in reports:
        spent = sum(call.cost_nanousd for call in report.calls)
        assert spent <= grants.granted[report.attempt_id]
    assert sum(grants.granted.values()) == limit - grants.left_nanousd <= limit
    ends = {report.outcome for report in reports}
    assert {None, Outcome.LIMIT} <= ends <= {None, Outcome.LIMIT, Outcome.INFRA_ERROR}
