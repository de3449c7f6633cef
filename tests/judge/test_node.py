"""What hidden tests in JavaScript can do with a candidate across the two sandboxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from assay.contracts.frameworks import Framework
from assay.sandbox import SandboxProvider, open_sandbox_provider
from assay.sandbox.bubblewrap import arguments, provider
from assay.sandbox.bubblewrap.host_system import host_system
from assay.sandbox.bubblewrap.toolchains import find_toolchains
from services.judge.bridge.session import run_tests
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.bridge.toolchain import POLYGLOT_IMAGE
from tests.judge.harness import SPEC
from tests.judge.test_languages import require_program

FILES = Path(__file__).with_name("node_features")
SUBMITTED = {
    "lru.mjs": (FILES / "lru.mjs").read_bytes(),
    "src/util.cjs": b"module.exports = { twice: (n) => 2 * n, Box: class { constructor(v) { this.value = v } } }",
    "main.js": b"console.log(process.argv[2] + require('fs').readFileSync(0))",
    "broken.mjs": b"export const value = 1\nthrow new RangeError('broken\\u001b')",
}
FAILED = {
    "dies": "the candidate ended: exit code 3",
    "never settles": "the candidate's promise was not settled within 2 s",
    "a suite whose hook fails > runs": "RangeError",
    "parent > dies too": "the candidate ended: exit code 3",
}


async def run(sandboxes: SandboxProvider, *names: str, image: str = "") -> TestRunLog:
    tests = {name: (FILES / name).read_bytes() for name in names}
    spec = structs.replace(SPEC, memory_mb=512, image=image)
    test_run = TestRun(tests=tests, files=SUBMITTED, paths=tuple(SUBMITTED), framework=Framework.NODE, sandbox=spec)
    return await run_tests(test_run, sandboxes, 2.0)


def outcomes(run_log: TestRunLog) -> dict[str, tuple[str, str]]:
    calls: list[dict[str, Any]] = [record for record in run_log.records if record.get("when") == "call"]
    return {record["test"].partition(" > ")[2]: (record["outcome"], record["error"]) for record in calls}


def check_features(run_log: TestRunLog) -> None:
    found = outcomes(run_log)
    assert {name: error for name, (outcome, error) in found.items() if outcome == "failed"} == FAILED
    assert found["a suite whose hook fails > is skipped"][0] == "skipped"
    assert found["parent > last child"] == found["works after a death"] == ("passed", "")
    assert len(found) == 18 and run_log.abort_reason == ""


async def test_a_page_has_what_the_dom_lacks() -> None:
    require_program("node")
    page = (FILES / "tables.html").read_bytes()
    test_run = TestRun(
        tests={"tables.test.mjs": (FILES / "tables.test.mjs").read_bytes()},
        files={"tables.html": page},
        paths=("tables.html",),
        framework=Framework.HTML,
        sandbox=structs.replace(SPEC, memory_mb=512),
    )
    found = outcomes(await run_tests(test_run, open_sandbox_provider(), 5.0))
    assert found == {"tables are as in a browser": ("passed", "")}


async def test_everything_that_crosses() -> None:
    require_program("node")
    check_features(await run(open_sandbox_provider(), "features.test.mjs"))


async def test_everything_that_crosses_with_a_newer_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Node.js runs import hooks in another thread before 22.15, and in the main thread since."""
    (node,) = (each for each in find_toolchains(system_path="/nowhere") if each.target == "/opt/node/bin/node")
    environment = host_system().environment
    environment = {**environment, "PATH": f"{node.path}:{environment['PATH']}"}
    system = replace(host_system(), toolchains=(node,), environment=environment)
    for module in (arguments, provider):
        monkeypatch.setattr(module, "host_system", lambda: system)
    check_features(await run(open_sandbox_provider(), "features.test.mjs"))


@pytest.mark.docker
async def test_everything_that_crosses_to_a_container() -> None:
    check_features(await run(open_sandbox_provider("docker"), "features.test.mjs", image=POLYGLOT_IMAGE))


async def test_commonjs_modules_are_required() -> None:
    require_program("node")
    assert outcomes(await run(open_sandbox_provider(), "commonjs.test.cjs")) == {"modules": ("passed", "")}


async def test_a_module_that_fails_when_it_is_imported() -> None:
    require_program("node")
    run_log = await run(open_sandbox_provider(), "imports_broken.test.mjs")
    assert outcomes(run_log) == {}
    (record,) = [record for record in run_log.records if "collecting" in record]
    assert record["error"] == "the candidate raised RangeError when broken.mjs was imported"
