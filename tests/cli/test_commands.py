"""The commands against a real stack: data on stdout, notices on stderr, exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import Assay, environment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(assay: Assay) -> dict[str, Any]:
    """A run in which the oracle passes and the no-op fails."""
    result = assay("run", "--task", "add_two", "--model", "oracle", "--model", "nop", "--name", "first", "--json")
    assert result.code == 0, result.err
    return result.data


def test_a_run_is_followed_until_it_ends_and_printed_as_json(finished: dict[str, Any]) -> None:
    assert finished["status"] == "finished"
    assert finished["progress"]["outcomes"] == {"passed": 1, "failed": 1}


def test_progress_goes_to_stderr_in_plain_lines(assay: Assay) -> None:
    result = assay("run", "--task", "ticket_routing", "--samples", "2", "--model", "oracle")
    assert result.code == 0
    assert "2/2 attempts done: 2 passed; $0" in result.out
    assert "finished: 2/2 done, oracle 2 passed, $0" in result.err
    assert "\x1b" not in result.out + result.err


def test_strict_sets_the_exit_code(assay: Assay) -> None:
    assert assay("run", "--task", "add_two", "--model", "nop", "--strict").code == 3
    assert assay("run", "--task", "add_two", "--model", "oracle", "--strict").code == 0


def test_a_detached_run_can_be_watched_shown_and_listed(assay: Assay) -> None:
    options = ("--repeats", "2", "--temperature", "0.5", "--seed", "7", "--max-tokens", "64")
    run_id = assay("run", "--task", "add_two", "--model", "oracle", *options, "--detach").out.strip()
    watched = assay("watch", run_id, "--json")
    assert watched.code == 0
    *facts, run = map(json.loads, watched.out.splitlines())
    assert run["status"] == "finished"
    assert [fact["sequence"] for fact in facts] == sorted(fact["sequence"] for fact in facts)
    shown = assay("runs", "show", run_id, "--json").data
    assert [attempt["outcome"] for attempt in shown["attempts"]] == ["passed", "passed"]
    assert assay("runs", "show", "latest", "--json").data["run"]["run_id"] == run_id
    assert run_id in assay("runs", "list").out


def test_a_run_can_be_cancelled(assay: Assay) -> None:
    command = ("run", "--suite", "demo", "--model", "local/smollm2-135m", "--repeats", "20", "--detach", "--json")
    run_id = assay(*command).data["run_id"]
    assert assay("runs", "cancel", run_id, "--grace", "1s", "--json").data["status"] in ("cancelling", "cancelled")
    assert assay("watch", run_id).code == 1
    assert assay("runs", "show", run_id, "--json").data["run"]["status"] == "cancelled"


def test_ctrl_c_does_not_cancel_the_run(assay: Assay, stack_folder: Path) -> None:
    command = [sys.executable, "-m", "assay.cli", "run", "--suite", "demo", "--model", "local/smollm2-135m"]
    with subprocess.Popen(
        command, cwd=stack_folder, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if line.startswith("run "))
        run_id = line.split()[1].rstrip(":")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=90)
        assert process.returncode == 130
    assert assay("runs", "show", run_id, "--json").data["run"]["status"] in ("waiting", "running")
    assay("runs", "cancel", run_id, "--grace", "0s")
    assert assay("watch", run_id).code == 1, "the model must be free for the other tests"


def test_a_filter_of_the_leaderboard_that_nothing_matches_is_explained(assay: Assay, finished: dict[str, Any]) -> None:
    assert finished["status"] == "finished"
    result = assay("leaderboard", "--category", "nowhere")
    assert result.code == 0 and "no finished attempt matches the filter" in result.err
    assert "unknown category 'nowhere'" in result.err


@pytest.mark.usefixtures("finished")
def test_the_leaderboard_ranks_models(assay: Assay) -> None:
    models = [row["model"] for row in assay("leaderboard", "--json").data["rows"]]
    assert models.index("oracle") < models.index("nop")
    lines = assay("leaderboard").out.splitlines()
    assert any("oracle" in line and "100.0 %" in line for line in lines)


def test_the_catalogue_is_listed_and_described(assay: Assay) -> None:
    assert "add_two" in [task["task_id"] for task in assay("tasks", "list", "--json").data]
    found = assay("tasks", "list", "--category", "telemetry", "--json").data
    assert {task["category"] for task in found} == {"telemetry"}
    rust = assay(
        "tasks", "list", "--suite", "code-expert", "--language", "rust", "--difficulty", "expert", "--json"
    ).data
    assert "rust_stack_machine" in [task["task_id"] for task in rust]
    assert {task["language"] for task in rust} == {"rust"}
    assert "did you mean 'expert'?" in assay("tasks", "list", "--difficulty", "exprt").err
    described = assay("tasks", "describe", "add_two").out
    assert "(add_two)" in described
    assert "demo" in [suite["suite_id"] for suite in assay("suites", "list", "--json").data]
    assert "oracle" in [model["name"] for model in assay("models", "list", "--json").data]
    (local,) = (line for line in assay("models", "list").out.splitlines() if line.startswith("local/smollm2-135m"))
    assert local.endswith("no vision")


def test_testing_a_model_reports_its_response_or_the_reason(assay: Assay) -> None:
    good = assay("models", "test", "local/smollm2-135m", "--json")
    assert good.code == 0
    assert good.data["ok"] is True
    bad = assay("models", "test", "openai/gpt-4o-mini", OPENAI_API_KEY="not handed to the stack that runs already")
    assert bad.code == 1
    assert "OPENAI_API_KEY" in bad.out


@pytest.mark.parametrize(
    ("command", "place", "near"),
    [
        (("run", "--suite", "dmeo", "--model", "oracle"), "suite", "demo"),
        (("run", "--task", "ad_two", "--model", "oracle"), "tasks[0]", "add_two"),
        (("run", "--task", "add_two", "--model", "oracel"), "models[0]", "oracle"),
        (("tasks", "describe", "add_tow"), "task", "add_two"),
    ],
)
def test_unknown_names_are_usage_errors_with_a_suggestion(
    assay: Assay, command: tuple[str, ...], place: str, near: str
) -> None:
    result = assay(*command, "--json")
    assert result.code == 2
    assert result.out == ""
    assert place in result.err
    assert f"did you mean '{near}'?" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("name", ["00000000000000000000000000", "No Such", "none"])
@pytest.mark.parametrize(
    "command", [("runs", "show"), ("watch",), ("runs", "cancel"), ("costs", "--run")], ids=" ".join
)
def test_an_unknown_run_is_named_in_the_same_words_everywhere(
    assay: Assay, command: tuple[str, ...], name: str
) -> None:
    result = assay(*command, name)
    assert (result.code, result.err) == (2, f"assay: unknown run {name!r}; `assay runs list` lists all runs\n")


def test_a_run_named_as_an_attempt_is_recognised(assay: Assay, finished: dict[str, Any]) -> None:
    run_id = finished["run_id"]
    shown = assay("attempts", "show", run_id)
    assert (shown.code, shown.err) == (
        2,
        f"assay: {run_id} is a run, not an attempt; `assay runs show {run_id}` lists its attempts, "
        f"the first is {run_id}-1\n",
    )
    assert "is a run, not an attempt" in assay("attempts", "show", "latest").err
    shown = assay("runs", "show", f"{run_id}-1")
    assert shown.code == 2
    assert f"`assay attempts show {run_id}-1` shows it" in shown.err


def test_with_json_an_error_is_one_json_object(assay: Assay) -> None:
    refused = assay("runs", "show", "none", "--json")
    error = json.loads(refused.err)
    assert (refused.code, refused.out) == (error["exit_code"], "") == (2, "")
    assert (error["code"], error["problem"]["status"]) == ("unknown_run", 404)
    assert error["error"].startswith("unknown run 'none'")


def test_cancelling_a_run_that_has_ended_says_so(assay: Assay, finished: dict[str, Any]) -> None:
    result = assay("runs", "cancel", finished["run_id"])
    assert result.code == 0
    assert result.err == f"run {finished['run_id']} is finished already; nothing was cancelled\n"


def test_a_restarted_run_can_be_followed_by_the_printed_command(assay: Assay, finished: dict[str, Any]) -> None:
    result = assay("runs", "restart", finished["run_id"], "--fresh")
    command = result.err.split("`")[1].split()
    assert command[:2] == ["assay", "watch"]
    assert assay(*command[1:]).code == 0


def test_what_a_request_unites_is_printed(assay: Assay) -> None:
    command = ("run", "--suite", "demo", "--task", "invoice_totals", "--category", "telemetry", "--model", "nop")
    result = assay(*command, "--detach")
    assert result.err.startswith(
        "tasks: suite demo, plus 1 task invoice_totals, plus every task of category telemetry\n"
    )
    assay("runs", "cancel", result.out.strip(), "--grace", "0s")


def test_attempts_are_listed_and_filtered(assay: Assay, finished: dict[str, Any]) -> None:
    failed = assay("attempts", "list", finished["run_id"], "--outcome", "failed", "--json").data
    assert [attempt["model"] for attempt in failed] == ["nop"]
    assert "nop" in assay("attempts", "list", finished["run_id"], "--model", "nop").out


def test_the_leaderboard_of_an_unknown_suite_is_refused(assay: Assay) -> None:
    result = assay("leaderboard", "--suite", "dmeo")
    assert (result.code, result.err) == (2, "assay: unknown suite 'dmeo'; did you mean 'demo'?\n")


def test_suites_are_shown_with_their_tasks(assay: Assay) -> None:
    assert "  add_two\n" in assay("suites", "show", "demo").out


def test_a_second_up_on_the_same_data_folder_is_refused(assay: Assay) -> None:
    result = assay("up")
    assert result.code == 1
    assert "in use by pid" in result.err
    assert "--data" in result.err
