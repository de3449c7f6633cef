"""Retention: the content that runs refer to, page by page, and runs that gave theirs up."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import structs

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Stage
from assay.contracts.rpc import Expired, ExpireRuns, GetBoard, ListReferences
from assay.contracts.runs import RunView
from tests.ledger.harness import REF, LedgerHarness, judged, plan

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)


def ref(letter: str) -> ArtifactRef:
    return ArtifactRef(sha256=letter * 64, size_bytes=1)


async def references(ledger: LedgerHarness, area: Literal["public", "attempts"] = "attempts", **query: Any) -> set[str]:
    return {digest[0] async for digest in _pages(ledger, area, **query)}


async def _pages(ledger: LedgerHarness, area: Literal["public", "attempts"], **query: Any) -> AsyncGenerator[str]:
    cursor, pages = "", 0
    while pages < 20:
        page = await ledger.retention.references(ListReferences(area=area, cursor=cursor, **query))
        for digest in page.digests:
            yield digest
        cursor, pages = page.next_cursor, pages + 1
        if not cursor:
            return
    raise AssertionError("the pages have no end")


async def finished(ledger: LedgerHarness, **of_plan: Any) -> RunView:
    """Its attempts stored ``b``, ``d``, ``e`` and so on, each with the output ``a``; each grading stored ``c``."""
    run = await ledger.submit(**of_plan)
    tickets = await ledger.start_attempts(run)
    for number, ticket in enumerate(tickets):
        await ledger.report_executed(ticket, artifacts={"left": ref("bdef"[number])})
        (granted,) = (await ledger.claim([ticket.attempt_id], Stage.JUDGE, "judge")).granted
        await ledger.reports.judged([structs.replace(judged(granted), artifacts={"judge.stdout": ref("c")})])
    return await ledger.runs.get(run.run_id)


async def test_artifacts_of_tries_and_verdicts_are_listed_page_by_page(ledger: LedgerHarness) -> None:
    await finished(ledger, samples=3)
    assert await references(ledger) == {"a", "b", "c", "d", "e"}
    for limit in (1, 2, 3, 4):
        assert await references(ledger, limit=limit) == {"a", "b", "c", "d", "e"}
    assert await references(ledger, "public") == {REF.sha256[0]}


async def test_stored_responses_of_a_run_are_public_content(ledger: LedgerHarness) -> None:
    made = plan(models=("replay/mine",))
    pins = tuple(structs.replace(pin, replay=ref("9"), price=None) for pin in made.models)
    run = await ledger.submit_plan(structs.replace(made, models=pins))
    assert await references(ledger, "public") == {REF.sha256[0], "9"}
    assert all(ticket.replay == ref("9") for ticket in await ledger.start_attempts(run))


async def test_an_expired_run_gives_up_its_artifacts_but_not_its_bundles(ledger: LedgerHarness) -> None:
    run = await finished(ledger, samples=1)
    running = await ledger.submit(samples=1)
    assert await ledger.retention.expire(ExpireRuns(ended_before=NOW - timedelta(days=1))) == Expired(runs=0)
    assert await ledger.retention.expire(ExpireRuns(ended_before=LATER, dry_run=True)) == Expired(runs=1)
    assert await references(ledger, ended_before=LATER) == set()
    assert await references(ledger) == {"a", "b", "c"}, "listing changes nothing"
    assert await ledger.retention.expire(ExpireRuns(ended_before=LATER)) == Expired(runs=1)
    assert await references(ledger) == set()
    assert await references(ledger, "public") == {REF.sha256[0]}, "restarts need the bundles"
    assert (await ledger.runs.get(run.run_id)).expired_at is not None
    assert (await ledger.runs.get(running.run_id)).expired_at is None
    detail = await ledger.attempts.get(f"{run.run_id}-1")
    assert detail.expired_at is not None
    assert detail.artifacts.keys() == {"left", "judge.stdout"}, "names and digests stay"
    assert detail.verdict is not None


async def test_a_reused_result_keeps_the_artifacts_of_the_earlier_attempt(ledger: LedgerHarness) -> None:
    await finished(ledger, samples=1)
    await ledger.set_past("runs", "finished_at", 3600)
    again = await ledger.submit(samples=1, reuse=True)
    assert again.progress.reused == 1
    meanwhile = datetime.now(UTC) - timedelta(minutes=30)
    assert await ledger.retention.expire(ExpireRuns(ended_before=meanwhile)) == Expired(runs=1)
    assert await references(ledger) == {"a", "b", "c"}
    assert (await ledger.attempts.get(f"{again.run_id}-1")).expired_at is not None, "the artifacts may be gone"


async def test_a_run_that_shows_the_tests_is_on_no_leaderboard(ledger: LedgerHarness) -> None:
    run = await finished(ledger, samples=1, include_tests=True)
    assert run.include_tests
    assert (await ledger.leaderboard.read(GetBoard())).rows == ()
    usual = await finished(ledger, samples=1, reuse=True)
    assert (usual.progress.reused, usual.include_tests) == (0, False), "another content key"
    assert [row.n for row in (await ledger.leaderboard.read(GetBoard())).rows] == [1]


async def test_results_with_and_without_requirements_are_not_exchanged(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1, install_deps=True)
    (ticket,) = await ledger.start_attempts(run)
    assert (ticket.install_deps, ticket.include_tests) == (True, False)
    await ledger.report_executed(ticket)
    await ledger.grade(ticket)
    assert (await ledger.submit(samples=1, reuse=True)).progress.reused == 0
    assert (await ledger.submit(samples=1, reuse=True, install_deps=True)).progress.reused == 1
    assert [row.n for row in (await ledger.leaderboard.read(GetBoard())).rows] == [1], "it is on the leaderboard"
