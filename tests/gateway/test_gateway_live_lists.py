"""Live topics for the run list and the leaderboards."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.harness import Gateway, open_gateway


async def test_the_run_list_sends_a_snapshot_then_facts(gateway: Gateway) -> None:
    first = await gateway.ledger.new_run()
    async with gateway.live() as live:
        await live.subscribe("runs")
        snapshot = await live.next()
        assert [run["run_id"] for run in snapshot["data"]["runs"]] == [first]
        assert snapshot["data"]["total"] == 1
        second = await gateway.ledger.new_run()
        fact = await live.next()
        assert (fact["event"]["type"], fact["event"]["runid"]) == ("run.submitted", second)


async def test_the_run_list_sends_progress_periodically(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=50)
    async with gateway.live() as live:
        await live.subscribe("runs")
        await live.next("snapshot")
        await gateway.ledger.complete_run(run_id)
        last = len(gateway.ledger.runs[run_id].events)
        frames = [await live.next("fact")]
        while frames[-1]["cursor"] < last:
            frames.append(await live.next("fact"))
        seen = [frame["cursor"] for frame in frames]
        assert seen == sorted(set(seen))
        assert len(seen) < last / 3
        assert frames[-1]["event"]["data"]["run"]["progress"]["done"] == 50


async def test_the_run_list_recovers_from_lost_facts(tmp_path: Path) -> None:
    async with open_gateway(tmp_path) as gateway:
        await gateway.ledger.new_run()
        async with gateway.live() as live:
            await live.subscribe("runs")
            await live.next("snapshot")
            gateway.ledger.drops = lambda event: True
            lost = await gateway.ledger.new_run()
            snapshot = await live.next("snapshot")
            assert snapshot["data"]["runs"][0]["run_id"] == lost


async def test_a_leaderboard_is_sent_again_when_an_attempt_of_its_suite_finishes(gateway: Gateway) -> None:
    demo, other = await gateway.ledger.new_run(suite="demo"), await gateway.ledger.new_run(suite="other")
    async with gateway.live() as live:
        await live.subscribe("leaderboard:demo")
        assert (await live.next("snapshot"))["data"]["rows"] == []
        for _ in range(5):
            await gateway.ledger.advance(other, 0)
        assert await live.is_silent()
        for _ in range(5):
            await gateway.ledger.advance(demo, 0)
        snapshot = await live.next("snapshot")
        assert snapshot["topic"] == "leaderboard:demo"
        assert snapshot["data"]["rows"][0]["n"] == 1


async def test_many_finished_attempts_cause_few_leaderboard_reads(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=60)
    async with gateway.live() as live:
        await live.subscribe("leaderboard")
        await live.next("snapshot")
        await gateway.ledger.complete_run(run_id)
        while (await live.next("snapshot"))["data"]["rows"][0]["n"] < 60:
            pass
        assert gateway.ledger.queries.requests.count("board ") < 20
