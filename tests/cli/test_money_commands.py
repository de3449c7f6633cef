"""Money and run control against a real stack: quotes, limits, costs, pausing, changing, retrying."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assay.contracts.money import nanousd
from tests.cli.harness import Assay

pytestmark = pytest.mark.slow

PRICED = ("--task", "add_two", "--task", "larger_of_two", "--model", "scripted/mixed")
SLOW = ("--suite", "demo", "--model", "local/smollm2-135m", "--repeats", "20")


@pytest.fixture(scope="module")
def paid(assay: Assay) -> dict[str, Any]:
    """A run that cost money: two tasks, answered by a priced model."""
    result = assay("run", *PRICED, "--repeats", "2", "--name", "paid", "--json")
    assert result.code == 0, result.err
    first, second, *_ = result.err.splitlines()
    assert first.startswith("quote: 4 attempts, about $0.")
    assert " at worst; left: $1 for the run, $" in first
    assert "for the day, no limit for the project" in first
    assert second.startswith("run ")
    return result.data


def test_costs_are_grouped_by_call_task_model_day_and_run(assay: Assay, paid: dict[str, Any]) -> None:
    cost = paid["progress"]["cost_usd"]
    assert nanousd(cost) > 0
    assert paid["progress"]["held_usd"] == "0"
    labels: dict[str, list[str]] = {}
    for by in ("call", "task", "model", "day", "run"):
        costs = assay("costs", "--by", by, "--run", paid["run_id"], "--json").data
        assert costs["total"]["cost_usd"] == cost
        assert sum(nanousd(row["cost_usd"]) for row in costs["rows"]) == nanousd(cost)
        assert (costs["judge_usd"], costs["excess_usd"], costs["total"]["estimated_usd"]) == ("0", "0", "0")
        labels[by] = sorted(row["label"] for row in costs["rows"])
    assert (labels["task"], labels["model"]) == (["add_two", "larger_of_two"], ["scripted/mixed"])
    assert (labels["run"], len(labels["call"]), len(labels["day"])) == ([paid["run_id"]], 4, 1)
    out = assay("costs", "--run", paid["run_id"]).out
    assert f"${cost}" in out
    assert out.splitlines()[-2].startswith("total")
    assert "judges: $0; above reservations: $0" in out
    (day,) = labels["day"]
    assert assay("costs", "--until", "2020-01-01", "--json").data["total"]["calls"] == 0
    assert assay("costs", "--since", day, "--until", day, "--json").data["total"]["calls"] >= 4


def test_a_stored_run_is_replayed_for_free_or_at_a_price(assay: Assay, paid: dict[str, Any]) -> None:
    name = f"replay/{paid['run_id']}"
    free = assay("run", "--model", name, "--json")
    assert free.code == 0, free.err
    assert sorted(free.data["task_ids"]) == ["add_two", "larger_of_two"]
    assert free.data["progress"]["cost_usd"] == "0"
    outcomes = {outcome: 2 * count for outcome, count in free.data["progress"]["outcomes"].items()}
    assert outcomes == paid["progress"]["outcomes"], "there, each task has two attempts"
    priced = assay("run", "--model", name, "--price", f"{name}=1/2", "--json").data
    usage = priced["progress"]["usage"]
    expected = 1_000 * usage["input_tokens"] + 2_000 * usage["output_tokens"]
    assert nanousd(priced["progress"]["cost_usd"]) == expected > 0


def test_a_run_is_recosted_at_the_prices_of_another_day_and_nothing_changes(assay: Assay, paid: dict[str, Any]) -> None:
    expensive = assay("run", *PRICED, "--price", "scripted/mixed=100/100", "--limit", "none", "--json").data
    (row,) = assay("costs", "--run", expensive["run_id"], "--prices", "2026-01-01", "--json").data["rows"]
    assert nanousd(row["cost_usd"]) > 50 * nanousd(row["recosted_usd"]) > 0
    assert "at other prices" in assay("costs", "--run", expensive["run_id"], "--prices", "2026-01-01").out
    after = assay("costs", "--run", expensive["run_id"], "--json").data["total"]
    assert (after["cost_usd"], after["recosted_usd"]) == (expensive["progress"]["cost_usd"], None)
    assert assay("costs", "--prices", "nonsense").code == 2


def test_a_run_that_cannot_fit_is_refused_with_the_numbers_and_not_stored(assay: Assay, paid: dict[str, Any]) -> None:
    before = assay("runs", "show", "latest", "--json").data["run"]["run_id"]
    result = assay("run", *PRICED, "--limit", "0.000001")
    assert (result.code, result.out) == (1, "")
    assert "quote: 2 attempts, about $0." in result.err
    assert "has $0.000001 of $0.000001 left" in result.err
    assert assay("runs", "show", "latest", "--json").data["run"]["run_id"] == before


def test_a_partial_run_does_as_much_as_fits(assay: Assay, paid: dict[str, Any]) -> None:
    quote = assay("run", *PRICED, "--repeats", "5", "--limit", "0.005", "--partial", "--json")
    assert quote.code == 0, quote.err
    progress = quote.data["progress"]
    assert progress["done"] == 10
    assert nanousd(progress["cost_usd"]) <= nanousd("0.005")


def test_another_run_reuses_results_at_no_cost(assay: Assay, paid: dict[str, Any]) -> None:
    result = assay("run", *PRICED, "--repeats", "2", "--reuse")
    assert result.code == 0, result.err
    assert "quote: 4 attempts (4 already done), free of charge" in result.err
    assert "4 results reused from earlier runs" in result.out
    assert "$0 spent of $1" in result.out


def test_the_lifetime_limit_applies_to_every_run(assay: Assay, paid: dict[str, Any], limits: None) -> None:
    assert assay("limits", "set", "--project", "0.000001").code == 0
    result = assay("run", *PRICED)
    assert result.code == 1
    assert "the project's limit has $0 of $0.000001 left" in result.err


def test_limits_are_set_and_shown(assay: Assay, limits: None) -> None:
    shown = assay("limits", "set", "--day", "7.5", "--time-zone", "Europe/Berlin", "--json").data
    assert "Europe/Berlin" in (shown["time_zone"], shown["next_time_zone"]), "later, if money was spent today"
    accounts = {account["kind"]: account for account in shown["accounts"]}
    assert (accounts["day"]["limit_usd"], accounts["project"]["limit_usd"]) == ("7.5", None)
    lines = [" ".join(line.split()) for line in assay("limits", "show").out.splitlines()]
    assert lines[0] == "account spent held limit left"
    assert any(line.startswith("today $") and "$7.5" in line for line in lines)
    assert any(line.startswith("lifetime $") and line.endswith("no limit no limit") for line in lines)
    assert any("Europe/Berlin" in line for line in lines)
    wrong = assay("limits", "set", "--time-zone", "Europe/Berln")
    assert wrong.code == 2
    assert "did you mean 'Europe/Berlin'" in wrong.err


@pytest.fixture
def limits(assay: Assay) -> Iterator[None]:
    """Restores the limits after a test that sets them."""
    yield
    assay("limits", "set", "--day", "20", "--project", "none", "--time-zone", "UTC")


def test_a_run_is_paused_changed_resumed_and_cancelled(assay: Assay) -> None:
    run_id = assay("run", *SLOW, "--limit", "3", "--time-limit", "90min", "--concurrency", "1", "--detach").out.strip()
    paused = assay("runs", "pause", run_id)
    assert f"run {run_id} paused" in paused.out
    assert "$0 spent of $3; 1 h 30 min at most" in paused.out
    assert "1 attempt at once; priority 5" in paused.out
    changed = assay("runs", "change", run_id, "--limit", "none", "--priority", "9", "--json").data
    assert (changed["limits"]["cost_usd"], changed["limits"]["seconds"], changed["priority"]) == (None, 5400, 9)
    assert assay("runs", "resume", run_id, "--json").data["status"] in ("waiting", "running")
    cancelled = assay("runs", "cancel", run_id, "--grace", "0s", "--json").data
    assert cancelled["status"] in ("cancelling", "cancelled")
    assert assay("watch", run_id).code == 1
    shown = assay("runs", "show", run_id).out
    assert "ended early: the run was cancelled" in shown
    assert assay("runs", "pause", run_id).code == 2


def test_with_nothing_to_retry_no_run_is_made_unless_fresh(assay: Assay, paid: dict[str, Any]) -> None:
    runs = assay("runs", "list", "--json").data["total"]
    for command in ("retry", "restart"):
        refused = assay("runs", command, paid["run_id"])
        assert (refused.code, refused.out) == (0, "") and "Nothing to retry" in refused.err
    assert assay("runs", "list", "--json").data["total"] == runs
    fresh = assay("runs", "restart", paid["run_id"], "--fresh", "--limit", "2", "--json").data
    assert (fresh["limits"]["cost_usd"], fresh["progress"]["reused"]) == ("2", 0)
    assert assay("watch", fresh["run_id"]).code == 0
    shown = assay("runs", "show", fresh["run_id"]).out
    assert f"restart of run {paid['run_id']}" in shown


def test_a_warning_is_printed_while_the_run_is_followed(assay: Assay) -> None:
    """Each attempt reserves 64 millionths of a dollar and costs 28, so twelve fit the limit and two do not. Several
    tries, because following may begin after the warning."""
    options = ("--price", "scripted/mixed=0/1", "--max-tokens", "64", "--limit", "0.000384", "--partial")
    command = ("run", "--task", "add_two", "--model", "scripted/mixed", "--repeats", "14", *options)
    result = next((result for result in (assay(*command) for _ in range(5)) if "warning: " in result.err), None)
    assert result, "no warning was ever printed"
    assert "attempts that do not fit end as `limit`" in result.err
    assert "of the run's limit of $0.000384 spent" in result.err
    assert "14/14 attempts done: 2 limit, 12 passed" in result.out
