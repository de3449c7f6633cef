"""Which content runs refer to, page by page, and which runs have had theirs given up."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import structs

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Stage
from assay.contracts.rpc import Expired, ExpireRuns, GetBoard, ListReferences
from assay.contracts.runs import RunView
from tests.ledger.desk import REF, Desk, judged, plan

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)


def ref(letter: str) -> ArtifactRef:
    return ArtifactRef(sha256=letter * 64, size_bytes=1)


async def references(desk: Desk, area: Literal["public", "attempts"] = "attempts", **query: Any) -> set[str]:
    return {digest[0] async for digest in _pages(desk, area, **query)}


async def _pages(desk: Desk, area: Literal["public", "attempts"], **query: Any) -> AsyncGenerator[str]:
    cursor, pages = "", 0
    while pages < 20:
        page = await desk.retention.references(ListReferences(area=area, cursor=cursor, **query))
        for digest in page.digests:
            yield digest
        cursor, pages = page.next_cursor, pages + 1
        if not cursor:
            return
    raise AssertionError("the pages have no end")


async def finished(desk: Desk, **of_plan: Any) -> RunView:
    """Its first attempt left ``b`` and, judged, ``c``; the others ``d`` and so on, handing in ``a``."""
    run = await desk.submit(**of_plan)
    tickets = await desk.start(run)
    for number, ticket in enumerate(tickets):
        await desk.hand_in(ticket, artifacts={"left": ref("bdef"[number])})
        (granted,) = (await desk.claim([ticket.attempt_id], Stage.JUDGE, "judge")).granted
        await desk.reports.judged([structs.replace(judged(granted), artifacts={"judge.stdout": ref("c")})])
    return await desk.runs.get(run.run_id)


async def test_what_tries_and_verdicts_left_is_referred_to_page_by_page(desk: Desk) -> None:
    await finished(desk, samples=3)
    assert await references(desk) == {"a", "b", "c", "d", "e"}
    for limit in (1, 2, 3, 4):
        assert await references(desk, limit=limit) == {"a", "b", "c", "d", "e"}
    assert await references(desk, "public") == {REF.sha256[0]}


async def test_responses_that_a_run_brought_along_are_public(desk: Desk) -> None:
    made = plan(models=("replay/mine",))
    pins = tuple(structs.replace(pin, replay=ref("9"), price=None) for pin in made.models)
    run = await desk.submit_plan(structs.replace(made, models=pins))
    assert await references(desk, "public") == {REF.sha256[0], "9"}
    assert all(ticket.replay == ref("9") for ticket in await desk.start(run))


async def test_what_an_expired_run_left_is_given_up_and_its_bundles_are_not(desk: Desk) -> None:
    run = await finished(desk, samples=1)
    running = await desk.submit(samples=1)
    assert await desk.retention.expire(ExpireRuns(ended_before=NOW - timedelta(days=1))) == Expired(runs=0)
    assert await desk.retention.expire(ExpireRuns(ended_before=LATER, dry_run=True)) == Expired(runs=1)
    assert await references(desk, ended_before=LATER) == set()
    assert await references(desk) == {"a", "b", "c"}, "nothing was done by asking"
    assert await desk.retention.expire(ExpireRuns(ended_before=LATER)) == Expired(runs=1)
    assert await references(desk) == set()
    assert await references(desk, "public") == {REF.sha256[0]}, "a restart needs them"
    assert (await desk.runs.get(run.run_id)).expired_at is not None
    assert (await desk.runs.get(running.run_id)).expired_at is None
    detail = await desk.attempts.get(f"{run.run_id}-1")
    assert detail.expired_at is not None
    assert detail.artifacts.keys() == {"left", "judge.stdout"}, "names and digests stay"
    assert detail.verdict is not None


async def test_a_result_taken_over_keeps_what_the_earlier_attempt_left(desk: Desk) -> None:
    await finished(desk, samples=1)
    await desk.past("runs", "finished_at", 3600)
    again = await desk.submit(samples=1, reuse=True)
    assert again.progress.reused == 1
    meanwhile = datetime.now(UTC) - timedelta(minutes=30)
    assert await desk.retention.expire(ExpireRuns(ended_before=meanwhile)) == Expired(runs=1)
    assert await references(desk) == {"a", "b", "c"}
    assert (await desk.attempts.get(f"{again.run_id}-1")).expired_at is not None, "should it be gone, that is why"


async def test_a_run_whose_models_saw_the_tests_says_so_and_is_on_no_leaderboard(desk: Desk) -> None:
    run = await finished(desk, samples=1, include_tests=True)
    assert run.include_tests
    assert (await desk.results.board(GetBoard())).rows == ()
    usual = await finished(desk, samples=1, reuse=True)
    assert (usual.progress.reused, usual.include_tests) == (0, False), "another content key"
    assert [row.n for row in (await desk.results.board(GetBoard())).rows] == [1]


async def test_what_was_made_with_requirements_is_not_taken_over_by_what_is_made_without(desk: Desk) -> None:
    run = await desk.submit(samples=1, install_deps=True)
    (ticket,) = await desk.start(run)
    assert (ticket.install_deps, ticket.include_tests) == (True, False)
    await desk.hand_in(ticket)
    await desk.judge(ticket)
    assert (await desk.submit(samples=1, reuse=True)).progress.reused == 0
    assert (await desk.submit(samples=1, reuse=True, install_deps=True)).progress.reused == 1
    assert [row.n for row in (await desk.results.board(GetBoard())).rows] == [1], "no model is told more"
