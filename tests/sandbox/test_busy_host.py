"""A program that lacks a CPU is told apart from one that hangs."""

from __future__ import annotations

import pytest

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox import Command, Limit, ResourceUse, SandboxStarved, open_sandbox_provider
from tests.sandbox.throttled import ThrottledProvider

SPEC = SandboxSpec(wall_seconds=1.0, cpu_seconds=60)


async def test_what_a_command_used_is_measured() -> None:
    program = "x = bytearray(100 << 20)\nimport time\nwhile time.process_time() < 0.3: pass"
    async with open_sandbox_provider().open(SandboxSpec()) as sandbox:
        used = (await sandbox.run(Command(argv=["python3", "-c", program]))).used
        again = (await sandbox.run(Command(argv=["true"]))).used
    assert 0.25 < used.cpu_seconds < 1.5
    assert used.runnable_seconds >= used.cpu_seconds
    assert 100 << 20 < used.peak_memory_bytes < 130 << 20
    assert again.cpu_seconds < 0.2, "each command is measured by itself"


async def test_threads_that_wait_for_a_cpu_count_as_runnable() -> None:
    program = (
        "import threading, hashlib\n"
        "work = lambda: [hashlib.sha256(bytes(1 << 20)) for _ in range(300)]\n"
        "thread = threading.Thread(target=work)\nthread.start()\nthread.join()"
    )
    async with open_sandbox_provider().open(SandboxSpec()) as sandbox:
        used = (await sandbox.run(Command(argv=["python3", "-c", program]))).used
    assert used.runnable_seconds >= 0.5 * used.cpu_seconds > 0.05


@pytest.mark.parametrize(
    ("used", "starved"),
    [
        (ResourceUse(cpu_seconds=10, runnable_seconds=10), False),
        (ResourceUse(cpu_seconds=0.01, runnable_seconds=0.02), False),
        (ResourceUse(cpu_seconds=2, runnable_seconds=9), True),
        (ResourceUse(cpu_seconds=5, runnable_seconds=9), False),
        (ResourceUse(cpu_seconds=0.1, runnable_seconds=2.0), False),
        (ResourceUse(cpu_seconds=1.0, runnable_seconds=4.0), True),
    ],
)
def test_starved_means_less_than_half_of_the_cpu_it_could_use(used: ResourceUse, starved: bool) -> None:
    assert used.starved(10.0) is starved


@pytest.mark.slow
async def test_only_a_program_that_computes_is_starved() -> None:
    async with ThrottledProvider().open(SPEC) as sandbox:
        computing = await sandbox.run(Command(argv=["python3", "-c", "while True: pass"]))
        sleeping = await sandbox.run(Command(argv=["sleep", "60"]))
    assert (computing.killed_by, computing.starved) == (Limit.WALL, True), computing.used
    assert computing.duration_seconds > 3.5, "its wall limit was extended"
    with pytest.raises(SandboxStarved, match="the host is too busy"):
        computing.raise_if_starved()
    assert (sleeping.killed_by, sleeping.starved) == (Limit.WALL, False), sleeping.used
    assert sleeping.duration_seconds < 3.5


@pytest.mark.slow
async def test_a_starved_program_that_needs_more_than_its_wall_limit_ends_well() -> None:
    async with ThrottledProvider().open(SPEC) as sandbox:
        program = "import time\nwhile time.process_time() < 0.3: pass"
        done = await sandbox.run(Command(argv=["python3", "-c", program]))
    assert (done.exit_code, done.killed_by) == (0, None)
    assert done.duration_seconds > 1.2


async def test_on_an_idle_host_an_endless_program_is_not_starved() -> None:
    async with open_sandbox_provider().open(SandboxSpec(wall_seconds=60, cpu_seconds=0.5)) as sandbox:
        result = await sandbox.run(Command(argv=["python3", "-c", "while True: pass"]))
    assert (result.killed_by, result.starved) == (Limit.CPU, False)
