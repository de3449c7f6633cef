"""The live topics that are lists: runs and leaderboards."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.harness import House, open_house


async def test_the_list_of_runs(house: House) -> None:
    first = await house.ledger.new_run()
    async with house.socket() as live:
        await live.subscribe("runs")
        snapshot = await live.next()
        assert [run["run_id"] for run in snapshot["data"]["runs"]] == [first]
        assert snapshot["data"]["total"] == 1
        second = await house.ledger.new_run()
        fact = await live.next()
        assert (fact["event"]["type"], fact["event"]["runid"]) == ("run.submitted", second)


async def test_the_list_of_runs_gets_progress_now_and_then(house: House) -> None:
    run_id = await house.ledger.new_run(attempts=50)
    async with house.socket() as live:
        await live.subscribe("runs")
        await live.next("snapshot")
        await house.ledger.carry_out(run_id)
        last = len(house.ledger.runs[run_id].events)
        frames = [await live.next("fact")]
        while frames[-1]["cursor"] < last:
            frames.append(await live.next("fact"))
        seen = [frame["cursor"] for frame in frames]
        assert seen == sorted(set(seen))
        assert len(seen) < last / 3
        assert frames[-1]["event"]["data"]["run"]["progress"]["done"] == 50


async def test_the_list_of_runs_heals_when_facts_were_lost(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.ledger.new_run()
        async with house.socket() as live:
            await live.subscribe("runs")
            await live.next("snapshot")
            house.ledger.loses = lambda event: True
            lost = await house.ledger.new_run()
            snapshot = await live.next("snapshot")
            assert snapshot["data"]["runs"][0]["run_id"] == lost


async def test_the_leaderboard_comes_again_when_an_attempt_of_its_suite_is_finished(house: House) -> None:
    demo, other = await house.ledger.new_run(suite="demo"), await house.ledger.new_run(suite="other")
    async with house.socket() as live:
        await live.subscribe("leaderboard:demo")
        assert (await live.next("snapshot"))["data"]["rows"] == []
        for _ in range(5):
            await house.ledger.advance(other, 0)
        assert await live.silent()
        for _ in range(5):
            await house.ledger.advance(demo, 0)
        snapshot = await live.next("snapshot")
        assert snapshot["topic"] == "leaderboard:demo"
        assert snapshot["data"]["rows"][0]["n"] == 1


async def test_many_finished_attempts_are_few_readings_of_the_leaderboard(house: House) -> None:
    run_id = await house.ledger.new_run(attempts=60)
    async with house.socket() as live:
        await live.subscribe("leaderboard")
        await live.next("snapshot")
        await house.ledger.carry_out(run_id)
        while (await live.next("snapshot"))["data"]["rows"][0]["n"] < 60:
            pass
        assert house.ledger.asked.count("board ") < 20
