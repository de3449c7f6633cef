"""Tries at a real server that limits them."""

from __future__ import annotations

import asyncio
import re
import time

from assay.contracts import subjects
from assay.contracts.codec import decode
from assay.contracts.ids import attempt_id
from assay.contracts.tail import TailLine
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from services.runner.handlers import on_ticket
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.harness import RUN, Room, asked


async def test_when_one_is_told_to_wait_nobody_asks_and_all_say_why(runner: Room, served: Endpoint) -> None:
    served.replies.append(Reply(status=429, headers={"retry-after-ms": "5000"}))
    limits = Limits(wall_seconds=4, max_tokens=100)
    tickets = [
        await runner.ticket("colours", "stub/m-1", attempt_id=attempt_id(RUN, number), limits=limits)
        for number in range(4)
    ]
    async with runner.bus.tail.listen(subjects.tail("default", RUN, "*")) as frames:
        started = time.monotonic()
        making = [asyncio.create_task(on_ticket(ticket, runner.ports)) for ticket in tickets]
        await asked(served)
        await asyncio.sleep(0.5)
        assert len(served.bodies) == 1
        reports = await asyncio.gather(*making)
        assert time.monotonic() - started >= 5
        waiting = {ticket.attempt_id for ticket in tickets}
        async with asyncio.timeout(30):
            while waiting:
                line = decode(TailLine, await anext(frames))
                if line.text.startswith("waiting for a place at stub: 429, again in "):
                    waiting.discard(line.attempt_id)
    assert [report.outcome for report in reports] == [None] * 4, "waiting is on nobody's clock"
    assert all(report.duration_seconds < 4 for report in reports)
    assert len(served.bodies) == 5
    assert sum(call.retries for report in reports for call in report.calls) == 1


async def test_a_provider_busy_for_an_hour_is_asked_once_and_the_others_end_without_asking(
    runner: Room, served: Endpoint
) -> None:
    served.default = Reply(status=429, headers={"retry-after": "3600"})
    reports = await asyncio.gather(*(runner.make("colours", "stub/m-1") for _ in range(5)))
    assert len(served.bodies) == 1
    assert {(report.outcome, report.fault and report.fault.kind) for report in reports} == {
        (Outcome.INFRA_ERROR, "rate_limited")
    }
    assert sorted(len(report.calls) for report in reports) == [0, 0, 0, 0, 1]
    others = [report.reason for report in reports if not report.calls]
    assert all(re.search(r"stub is not to be asked for another 3[56]\d\d s", reason) for reason in others)


async def test_a_runner_that_hears_of_others_asks_less_at_once(runner: Room, served: Endpoint) -> None:
    served.default = Reply(silent_seconds=0.05)
    for share, most in ((1.0, 2), (0.5, 1), (1.0, 2)):
        runner.shelf.hear_share(share)
        served.most_at_once = 0
        await asyncio.gather(*(runner.make("colours", "stub/m-1") for _ in range(16)))
        assert served.most_at_once == most


async def test_the_limits_of_models_yaml_hold(runner: Room, served: Endpoint) -> None:
    models = runner.catalog.root / "models.yaml"
    models.write_text(models.read_text().replace("concurrency: 64", "concurrency: 64, requests_per_minute: 200"))
    started = time.monotonic()
    await asyncio.gather(*(runner.make("colours", "wide/m-1") for _ in range(22)))
    assert time.monotonic() - started >= 0.6, "20 at once, and then 3 a second"
