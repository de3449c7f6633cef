"""What a try leaves behind: how it was made, and what its sandbox held, whatever ended it."""

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
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.harness import PRICE, SUBMIT, Room, calls
from tests.runner.solvers.agent.test_agent_limits import MEND, limits

SCRATCH = ("bash", json.dumps({"command": "echo thoughts > notes.txt; mkdir new; echo x > new/x; ln -s / root"}))


async def workspace(runner: Room, report: AttemptExecuted) -> dict[str, bytes]:
    return unpack(await runner.read(report.artifacts["workspace.bundle"]))


async def test_the_manifest_says_what_the_try_was_made_of(runner: Room, served: Endpoint) -> None:
    ticket = await runner.ticket("colours", "stub/m-1")
    report = await runner.make("colours", "stub/m-1", install_deps=True)
    found = decode(Manifest, await runner.read(report.artifacts["manifest.json"]))
    assert (found.task_id, found.task_digest, found.sample_id) == ("colours", ticket.task_digest, "sky")
    assert (found.model, found.limits, found.price) == (ticket.model, ticket.limits, PRICE)
    assert (found.public, found.provider) == (ticket.public, ""), "an answer needs no sandbox"
    assert (found.install_deps, found.include_tests) == (True, False)
    assert found.versions["assay"]
    told = await runner.read(report.artifacts["manifest.json"])
    for bundle in (ticket.hidden, ticket.reference):
        assert bundle is None or bundle.sha256.encode() not in told
    assert b"sk-stub-secret" not in told


async def test_the_result_lists_every_other_artifact_by_its_digest(runner: Room, served: Endpoint) -> None:
    report = await runner.make("colours", "stub/m-1")
    found = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert found.artifacts == {name: ref for name, ref in report.artifacts.items() if name != "result.json"}
    assert (found.outcome, found.verdict, found.cost_nanousd) == (None, None, report.calls[0].cost_nanousd)


async def test_all_the_sandbox_held_is_kept_also_what_is_not_handed_in(runner: Room, served: Endpoint) -> None:
    calls(served, (SCRATCH, MEND), (SUBMIT,))
    report = await runner.make("mend", "stub/m-1", limits=limits())
    kept = await workspace(runner, report)
    assert kept.keys() == {"total.py", "lib/numbers.py", "notes.txt", "new/x"}, "links are left out"
    assert (kept["notes.txt"], kept["total.py"]) == (b"thoughts\n", b"def total(*n): return sum(n)\n")
    assert (await runner.output(report)).keys() == {"total.py", "lib/numbers.py"}
    made = decode(Manifest, await runner.read(report.artifacts["manifest.json"]))
    assert made.provider == "bubblewrap"


@pytest.mark.parametrize(
    ("reply", "changes", "outcome"),
    [
        (Reply(text="", calls=(SCRATCH, MEND), finish_reason="tool_calls"), {"turns": 1}, Outcome.LIMIT),
        (
            Reply(text="", calls=(MEND, ("bash", '{"command": "sleep 20"}')), finish_reason="tool_calls"),
            {"wall_seconds": 8.0},
            Outcome.TIMEOUT,
        ),
    ],
    ids=["limit", "time"],
)
async def test_it_is_kept_whatever_ended_the_try(
    runner: Room, served: Endpoint, reply: Reply, changes: dict[str, Any], outcome: Outcome
) -> None:
    served.default = reply
    report = await runner.make("mend", "stub/m-1", limits=limits(**changes))
    assert report.outcome is outcome, report.reason
    assert (await workspace(runner, report))["total.py"] == b"def total(*n): return sum(n)\n"
    assert b"+def total" in await runner.read(report.artifacts["patch.diff"])


async def test_a_diff_that_does_not_apply_leaves_the_workspace_it_was_for(runner: Room, served: Endpoint) -> None:
    served.default.text = "--- a/total.py\n+++ b/total.py\n@@ -1 +1 @@\n-nothing like it\n+y\n"
    report = await runner.make("sum_files", "stub/m-1")
    assert report.outcome is Outcome.AGENT_ERROR
    assert (await workspace(runner, report))["notes.txt"] == b"Keep me.\n"
    assert await runner.read(report.artifacts["patch.diff"]) == b""


async def test_a_stopped_try_keeps_it_too(runner: Room, served: Endpoint) -> None:
    calls(served, (MEND,), (("bash", '{"command": "sleep 20"}'),))
    task = asyncio.create_task(runner.make("mend", "stub/m-1", limits=limits()))
    while len(served.bodies) < 2:
        await asyncio.sleep(0.02)
    task.cancel()
    report = await task
    assert report.fault is not None
    assert report.fault.kind == "interrupted"
    assert (await workspace(runner, report))["total.py"] == b"def total(*n): return sum(n)\n"


async def test_a_workspace_that_is_too_large_loses_its_largest_files(runner: Room, served: Endpoint) -> None:
    size = workspace_snapshot.MOST_BYTES // 2
    heavy = f"head -c {size} /dev/zero > a; head -c {size + 1} /dev/zero > b; seq 9 > c"
    calls(served, (("bash", json.dumps({"command": heavy})), SUBMIT))
    report = await runner.make("mend", "stub/m-1", limits=limits())
    assert report.artifacts["workspace.bundle"].truncated
    assert (await workspace(runner, report)).keys() == {"a", "c", "total.py", "lib/numbers.py", "notes.txt"}
    result = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert "the workspace was too large to keep whole: 1 of 6 files are left out" in result.notes


async def test_of_a_workspace_nobody_may_take_the_outputs_are_kept(runner: Room, served: Endpoint) -> None:
    calls(served, (("bash", json.dumps({"command": "mkdir m; cd m; seq 1 2100 | xargs touch"})), MEND, SUBMIT))
    report = await runner.make("mend", "stub/m-1", limits=limits())
    assert report.outcome is None
    assert (await workspace(runner, report)).keys() == {"total.py", "lib/numbers.py"}
    result = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert any("only what is handed in is kept" in note for note in result.notes)


async def test_what_commands_printed_is_kept_by_stream_and_step(runner: Room, served: Endpoint) -> None:
    told = ("bash", json.dumps({"command": "echo out; echo err >&2"}))
    edit = ("text_editor", json.dumps({"command": "view", "path": "total.py"}))
    calls(served, (told, edit), (("python", json.dumps({"code": "print('more', end='')"})), SUBMIT))
    report = await runner.make("mend", "stub/m-1", limits=limits())
    assert await runner.read(report.artifacts["stdout.txt"]) == b"[step 2]\nout\n[step 7]\nmore\n"
    assert await runner.read(report.artifacts["stderr.txt"]) == b"[step 2]\nerr\n"
