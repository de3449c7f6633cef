"""What a command that follows a run says when the run ends without results, and when it is interrupted."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.cli.harness import Assay, environment

pytestmark = pytest.mark.slow

REASON = (
    "provider 'openai' has no key: set OPENAI_API_KEY in the runner's environment, or store one with "
    "`assay models key openai`"
)
ENDLESS = ("run", "--task", "add_two", "--model", "loopback/silent", "--repeats", "1000", "--concurrency", "1")
"""Waits for a server that never answers."""


@pytest.fixture(scope="module")
def stack_environment() -> Generator[dict[str, str]]:
    """The provider ``loopback`` accepts connections and stays silent."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield {"ASSAY_LOOPBACK_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/v1"}


@pytest.fixture(scope="module")
def refused(assay: Assay) -> Generator[tuple[str, int, str, str]]:
    """A run whose every attempt fails, because the provider's key is not set: id, exit code, stdout, stderr."""
    models = ("--model", "openai/gpt-4o-mini", "--model", "openai/gpt-4.1")
    result = assay("run", "--task", "ticket_routing", "--samples", "2", "--force", *models)
    yield result.out.split()[1], result.code, result.out, result.err


def test_a_run_in_which_nothing_was_graded_fails_and_prints_grouped_causes(refused: tuple[str, int, str, str]) -> None:
    run_id, code, out, err = refused
    assert code == 1
    assert f"  4 attempts, infra_error (authentication): {REASON}\n" in out
    assert f"    of openai/gpt-4.1, openai/gpt-4o-mini; for example {run_id}-1\n" in out
    assert f"then repeat these attempts with `assay runs retry {run_id}`\n" in out
    assert err.endswith("nothing was graded: every attempt ended by an error or a limit\n")


def test_a_run_of_a_model_without_a_key_is_not_started_unless_forced(assay: Assay) -> None:
    before = len(assay("runs", "list", "--json").data["items"])
    result = assay("run", "--task", "add_two", "--model", "openai/gpt-4o-mini", "--model", "oracle")
    assert result.code == 1
    assert f"openai/gpt-4o-mini cannot be called (authentication): {REASON}\n" in result.err
    assert "  what to do: set the provider's key" in result.err
    assert "nothing was started; --force starts the run anyway\n" in result.err
    assert len(assay("runs", "list", "--json").data["items"]) == before


def test_a_model_without_a_key_stops_early_and_the_run_fails_although_others_passed(assay: Assay) -> None:
    models = ("--model", "openai/gpt-4o-mini", "--model", "oracle")
    result = assay("run", "--task", "add_two", "--repeats", "30", "--force", *models)
    assert result.code == 1
    assert f"openai/gpt-4o-mini cannot be called (authentication): {REASON}\n" in result.err
    assert "openai/gpt-4o-mini is stopped (authentication)" in result.err
    assert f"  reason: {REASON}\n  what to do: set the provider's key" in result.err
    assert "30 attempts, infra_error (authentication)" in result.out
    shown = assay("runs", "show", result.out.split()[1], "--json").data
    assert [each["model"] for each in shown["run"]["stopped_models"]] == ["openai/gpt-4o-mini"]
    failed = [each for each in shown["attempts"] if each["model"] != "oracle"]
    assert any(each["tries"] == 0 for each in failed), "some were not executed"
    assert {each["outcome"] for each in shown["attempts"] if each["model"] == "oracle"} == {"passed"}


def test_watch_and_show_print_the_same_causes(assay: Assay, refused: tuple[str, int, str, str]) -> None:
    run_id, _, out, _ = refused
    causes = out[out.index("why attempts ended ungraded:") :]
    watched = assay("watch", run_id)
    assert watched.code == 1
    assert causes in watched.out
    assert causes in assay("runs", "show", run_id).out
    shown = assay("runs", "show", run_id, "--json").data["causes"]
    assert [(cause["reason"], cause["attempts"]) for cause in shown] == [(REASON, 4)]


def test_with_json_the_causes_go_to_stderr(assay: Assay, refused: tuple[str, int, str, str]) -> None:
    run_id, *_ = refused
    watched = assay("watch", run_id, "--json")
    assert watched.code == 1
    assert watched.data["run_id"] == run_id
    assert REASON in watched.err


def test_a_run_with_some_results_succeeds_and_prints_causes_too(assay: Assay) -> None:
    result = assay("run", "--task", "add_two", "--force", "--model", "openai/gpt-4o-mini", "--model", "oracle")
    assert result.code == 0
    assert f"  1 attempt, infra_error (authentication): {REASON}\n" in result.out
    assert "nothing was graded" not in result.err


@pytest.mark.parametrize("watched", [False, True], ids=["run", "watch"])
def test_ctrl_c_says_that_the_run_continues_and_how_to_follow_and_cancel_it(
    assay: Assay, stack_folder: Path, watched: bool
) -> None:
    command = ("watch", assay(*ENDLESS, "--detach").out.strip()) if watched else ENDLESS
    err = _interrupted(stack_folder, *command)
    run_id = command[1] if watched else err[err.index("\nrun ") :].split()[1].rstrip(":")
    assert f"interrupted; run {run_id} continues\n" in err
    commands = dict(line.strip().split(": assay ") for line in err.splitlines()[-2:])
    assert commands["follow it"].split() == ["watch", run_id]
    assert assay("runs", "show", run_id, "--json").data["run"]["status"] in ("waiting", "running")
    assert assay(*commands["cancel it"].split(), "--grace", "0s").code == 0
    assert assay("watch", run_id).code == 1


def test_the_commands_printed_on_ctrl_c_name_the_server_that_was_given(assay: Assay, stack_folder: Path) -> None:
    server = assay("run", "--task", "add_two", "--model", "oracle").err.split("live at ")[1].partition("/runs/")[0]
    run_id = assay(*ENDLESS, "--detach").out.strip()
    err = _interrupted(stack_folder, "watch", run_id, "--server", server)
    assert f"assay runs cancel {run_id} --server {server}\n" in err
    assay("runs", "cancel", run_id, "--grace", "0s")


def _interrupted(folder: Path, *command: str) -> str:
    """Sends SIGINT when the first line of progress was printed; returns stderr."""
    program = [sys.executable, "-m", "assay.cli", *command]
    with subprocess.Popen(
        program, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = [""]
        for line in process.stderr:
            lines.append(line)
            if "/1000 done" in line:
                break
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=90)
        assert process.returncode == 130
    return "\n" + "".join(lines) + rest
