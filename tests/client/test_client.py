"""The typed client against a real gateway: every method and every kind of error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from assay.artifacts import Area
from assay.client import AssayClient, ClientError, NotAssay, Unreachable
from assay.contracts.attempts import State
from assay.contracts.ids import attempt_id
from assay.contracts.models import Usage
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import CancelRun, ModelProbe, TestModel
from assay.contracts.runs import RunLimits, RunRequest, RunStatus
from assay.contracts.verdicts import Outcome
from tests.gateway.harness import Gateway, open_gateway

REQUEST = RunRequest(models=("nop",), suite="small")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with open_gateway(tmp_path, token="secret") as opened:
        yield opened


@pytest.fixture
async def assay(gateway: Gateway) -> AsyncIterator[AssayClient]:
    async with AssayClient(gateway.url, token="secret") as client:
        yield client


async def test_a_run_is_submitted_read_and_cancelled(gateway: Gateway, assay: AssayClient) -> None:
    run = await assay.submit(REQUEST)
    assert await assay.run(run.run_id) == run
    assert (await assay.runs(status=RunStatus.WAITING, suite="small")).items == (run,)
    assert [fact.sequence for fact in await assay.facts(run.run_id)] == [1]
    assert (await assay.cancel(run.run_id)).status is RunStatus.CANCELLED


async def test_submitting_twice_with_the_same_key_creates_one_run(assay: AssayClient) -> None:
    first = await assay.submit(REQUEST, idempotency_key="k")
    assert await assay.submit(REQUEST, idempotency_key="k") == first
    assert await assay.submit(REQUEST) != first


async def test_a_run_is_paused_resumed_changed_and_restarted(gateway: Gateway, assay: AssayClient) -> None:
    run_id = (await assay.submit(REQUEST)).run_id
    assert (await assay.pause(run_id)).status is RunStatus.PAUSED
    assert (await assay.resume(run_id)).status is RunStatus.RUNNING
    changed = await assay.change(run_id, limits={"cost_usd": None, "seconds": 60}, priority=7)
    assert (changed.limits, changed.priority) == (RunLimits(cost_usd=None, seconds=60), 7)
    assert (await assay.restart(run_id, limits={"concurrency": 2})).limits.concurrency == 2
    first = await assay.restart(run_id, fresh=True, idempotency_key="k")
    assert await assay.restart(run_id, fresh=True, idempotency_key="k") == first
    await assay.cancel(run_id, grace_seconds=0.5)
    assert gateway.ledger.control.commands[-1] == CancelRun(run_id=run_id, grace_seconds=0.5)


async def test_a_quote_stores_nothing(gateway: Gateway, assay: AssayClient) -> None:
    gateway.ledger.money.estimate_usd = "0.5"
    assert (await assay.quote(REQUEST)).estimated_usd == "0.5"
    gateway.ledger.money.estimate_usd = "2"
    with pytest.raises(ProblemError) as raised:
        await assay.quote(REQUEST)
    assert (raised.value.problem.code, raised.value.problem.status) == ("over_limit", 402)
    assert not gateway.ledger.runs


async def test_money_limits_costs_and_prices(gateway: Gateway, assay: AssayClient) -> None:
    money = await assay.set_money_limits(day_usd="5", project_usd=None, time_zone="Europe/Berlin")
    assert await assay.money() == money
    assert (money.time_zone, money.accounts[0].limit_usd) == ("Europe/Berlin", "5")
    gateway.ledger.money.calls = {"paid/big": (Usage(input_tokens=1_000_000), "3")}
    day = date(2025, 6, 1)
    (row,) = (await assay.costs(since=day, until=day, as_of_prices="2025-06-01")).rows
    assert (row.cost_usd, row.recosted_usd) == ("3", "1")
    (price,) = await assay.prices("paid/big", day)
    assert price.price is not None
    assert price.price.version == "prices.yaml/2025-01-01"


async def test_attempts_are_filtered_and_read(gateway: Gateway, assay: AssayClient) -> None:
    run_id = await gateway.ledger.new_run(attempts=2)
    for _ in range(5):
        await gateway.ledger.advance(run_id, 1)
    page = await assay.attempts(run_id, state=State.DONE, outcome=Outcome.PASSED)
    assert [row.ordinal for row in page.items] == [1]
    assert (await assay.attempt(attempt_id(run_id, 1))).attempt == page.items[0]


async def test_an_artifact_s_content_is_read(gateway: Gateway, assay: AssayClient) -> None:
    run_id = await gateway.ledger.new_run(attempts=1)
    ref = await gateway.ports.stores[Area.ATTEMPTS].put(b"\x00 bytes", "text/plain")
    gateway.ledger.runs[run_id].artifacts = {"a folder/out put.txt": ref}
    assert await assay.artifact(attempt_id(run_id, 0), "a folder/out put.txt") == b"\x00 bytes"


async def test_leaderboard_and_catalogue(gateway: Gateway, assay: AssayClient) -> None:
    assert (await assay.leaderboard(suite="small")).suite == "small"
    (task,) = await assay.tasks(search="riddle")
    assert await assay.task("riddle") == task
    (suite,) = await assay.suites()
    assert await assay.suite("small") == suite
    assert "oracle" in [model.name for model in await assay.models()]


async def test_a_model_is_tested_by_a_runner(gateway: Gateway, assay: AssayClient) -> None:
    async def answer(request: TestModel) -> ModelProbe:
        return ModelProbe(model=request.model, ok=True)

    await gateway.bus.rpc.serve("runner", {TestModel: answer})
    assert (await assay.test_model("local/tiny")).ok


async def test_health_reports_a_lost_bus(gateway: Gateway, assay: AssayClient) -> None:
    assert (await assay.health()).ready
    gateway.bus.link.cut()
    health = await assay.health()
    assert (health.ready, health.detail) == (False, "not connected to the bus")


async def test_problems_are_raised_with_all_their_fields(assay: AssayClient) -> None:
    with pytest.raises(ProblemError) as raised:
        await assay.submit(RunRequest(models=("nop", "orakle"), suite="small"))
    problem = raised.value.problem
    assert (problem.code, problem.status) == ("unknown_model", 422)
    assert (problem.errors[0].where, problem.errors[0].near) == ("models[1]", "oracle")


@pytest.mark.parametrize("run_id", ["nosuch", "../tasks", "a/b?c#d", "", "%00"])
async def test_ids_are_quoted_as_one_path_segment(assay: AssayClient, run_id: str) -> None:
    with pytest.raises(ProblemError) as raised:
        await assay.cancel(run_id)
    assert raised.value.problem.status in (404, 405)


async def test_a_wrong_token_is_unauthorized(gateway: Gateway) -> None:
    async with AssayClient(gateway.url, token="wrong") as client:
        with pytest.raises(ProblemError) as raised:
            await client.tasks()
    assert raised.value.problem.code == "unauthorized"


async def test_an_address_without_a_server_is_unreachable() -> None:
    async with AssayClient("http://127.0.0.1:9") as client:
        with pytest.raises(Unreachable, match="assay up"):
            await client.tasks()


@pytest.mark.parametrize("url", ["127.0.0.1:8700", "ftp://127.0.0.1", ""])
def test_an_address_without_http_is_refused(url: str) -> None:
    with pytest.raises(ClientError, match=r"write it like http://127\.0\.0\.1:8000"):
        AssayClient(url)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"HTTP/1.1 500 No\r\n\r\n"])
async def test_a_server_that_is_not_assay_is_recognised(answer: bytes) -> None:
    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    async with server, AssayClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        with pytest.raises(NotAssay):
            await client.tasks()
