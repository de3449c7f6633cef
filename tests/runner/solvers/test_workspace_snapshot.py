"""The manifest of a try, and the files of its sandbox, however it ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from assay.artifacts import unpack
from assay.contracts.attempts import AttemptExecuted
from assay.contracts.codec import decode
from assay.contracts.results import Manifest, Result
from assay.contracts.verdicts import Outcome
from services.runner.solvers import workspace_snapshot
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import PRICE, SUBMIT, RunnerHarness, queue_calls
from tests.runner.solvers.agent.test_agent_limits import FIX, limits

SCRATCH = ("bash", json.dumps({"command": "echo thoughts > notes.txt; mkdir new; echo x > new/x; ln -s / root"}))


async def workspace(runner: RunnerHarness, report: AttemptExecuted) -> dict[str, bytes]:
    return unpack(await runner.read(report.artifacts["workspace.bundle"]))


async def test_the_manifest_has_the_inputs_of_the_try(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    ticket = await runner.ticket("colours", "stub/m-1")
    report = await runner.run_attempt("colours", "stub/m-1", install_deps=True)
    found = decode(Manifest, await runner.read(report.artifacts["manifest.json"]))
    assert (found.task_id, found.task_digest, found.sample_id) == ("colours", ticket.task_digest, "sky")
    assert (found.model, found.limits, found.price) == (ticket.model, ticket.limits, PRICE)
    assert (found.public, found.provider) == (ticket.public, ""), "an answer needs no sandbox"
    assert (found.install_deps, found.include_tests) == (True, False)
    assert found.versions["assay"]
    data = await runner.read(report.artifacts["manifest.json"])
    for bundle in (ticket.hidden, ticket.reference):
        assert bundle is None or bundle.sha256.encode() not in data
    assert b"sk-stub-secret" not in data


async def test_the_result_lists_all_other_artifacts(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    report = await runner.run_attempt("colours", "stub/m-1")
    found = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert found.artifacts == {name: ref for name, ref in report.artifacts.items() if name != "result.json"}
    assert (found.outcome, found.verdict, found.cost_nanousd) == (None, None, report.calls[0].cost_nanousd)


async def test_the_snapshot_includes_files_that_are_not_outputs(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, (SCRATCH, FIX), (SUBMIT,))
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits())
    files = await workspace(runner, report)
    assert files.keys() == {"total.py", "lib/numbers.py", "notes.txt", "new/x"}, "links are left out"
    assert (files["notes.txt"], files["total.py"]) == (b"thoughts\n", b"def total(*n): return sum(n)\n")
    assert (await runner.output(report)).keys() == {"total.py", "lib/numbers.py"}
    manifest = decode(Manifest, await runner.read(report.artifacts["manifest.json"]))
    assert manifest.provider == "bubblewrap"


@pytest.mark.parametrize(
    ("reply", "changes", "outcome"),
    [
        (Reply(text="", calls=(SCRATCH, FIX), finish_reason="tool_calls"), {"turns": 1}, Outcome.LIMIT),
        (
            Reply(text="", calls=(FIX, ("bash", '{"command": "sleep 20"}')), finish_reason="tool_calls"),
            {"wall_seconds": 8.0},
            Outcome.TIMEOUT,
        ),
    ],
    ids=["limit", "time"],
)
async def test_the_snapshot_is_stored_however_the_try_ends(
    runner: RunnerHarness, endpoint: FakeEndpoint, reply: Reply, changes: dict[str, Any], outcome: Outcome
) -> None:
    endpoint.default = reply
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits(**changes))
    assert report.outcome is outcome, report.reason
    assert (await workspace(runner, report))["total.py"] == b"def total(*n): return sum(n)\n"
    assert b"+def total" in await runner.read(report.artifacts["patch.diff"])


async def test_a_patch_that_does_not_apply_leaves_no_workspace(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default.text = "--- a/total.py\n+++ b/total.py\n@@ -1 +1 @@\n-nothing like it\n+y\n"
    report = await runner.run_attempt("sum_files", "stub/m-1")
    assert report.outcome is Outcome.AGENT_ERROR
    assert not {"workspace.bundle", "patch.diff"} & report.artifacts.keys()
    assert await runner.read(report.artifacts["response.txt"]) == endpoint.default.text.encode()


async def test_the_snapshot_is_stored_if_the_try_is_interrupted(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, (FIX,), (("bash", '{"command": "sleep 20"}'),))
    task = asyncio.create_task(runner.run_attempt("fix_sum", "stub/m-1", limits=limits()))
    while len(endpoint.bodies) < 2:
        await asyncio.sleep(0.02)
    task.cancel()
    report = await task
    assert report.fault is not None
    assert report.fault.kind == "interrupted"
    assert (await workspace(runner, report))["total.py"] == b"def total(*n): return sum(n)\n"


async def test_the_largest_files_of_a_large_workspace_are_left_out(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    size = workspace_snapshot.MAX_BYTES // 2
    heavy = f"head -c {size} /dev/zero > a; head -c {size + 1} /dev/zero > b; seq 9 > c"
    queue_calls(endpoint, (("bash", json.dumps({"command": heavy})), SUBMIT))
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits())
    assert report.artifacts["workspace.bundle"].truncated
    assert (await workspace(runner, report)).keys() == {"a", "c", "total.py", "lib/numbers.py", "notes.txt"}
    result = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert "the workspace is too large to store: 1 of 6 files were left out" in result.notes


async def test_only_outputs_are_stored_of_a_workspace_with_too_many_files(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    queue_calls(endpoint, (("bash", json.dumps({"command": "mkdir m; cd m; seq 1 2100 | xargs touch"})), FIX, SUBMIT))
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits())
    assert report.outcome is None
    assert (await workspace(runner, report)).keys() == {"total.py", "lib/numbers.py"}
    result = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert any("only the outputs of the workspace were stored" in note for note in result.notes)


async def test_output_of_commands_is_stored_by_stream_and_step(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    command = ("bash", json.dumps({"command": "echo out; echo err >&2"}))
    edit = ("text_editor", json.dumps({"command": "view", "path": "total.py"}))
    queue_calls(endpoint, (command, edit), (("python", json.dumps({"code": "print('more', end='')"})), SUBMIT))
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits())
    assert await runner.read(report.artifacts["stdout.txt"]) == b"[step 2]\nout\n[step 7]\nmore\n"
    assert await runner.read(report.artifacts["stderr.txt"]) == b"[step 2]\nerr\n"
