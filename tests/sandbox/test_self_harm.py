"""What an attempt does to its own sandbox is the attempt's: no infrastructure failure, nothing that hangs, and the next
sandbox is as good as new (fault 40). What becomes of such attempts in a run is in ``tests/system/test_hostile.py``."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import structs

from assay.contracts.tasks import SandboxSpec
from assay.files import FilesRefused
from assay.sandbox import Command, Limit, Sandbox, SandboxProvider
from assay.sandbox.bubblewrap import BubblewrapProvider
from tests.sandbox.conftest import asked, python

SPEC = SandboxSpec(memory_mb=128, cpu_seconds=1.5, wall_seconds=90, processes=24, workspace_mb=8, open_files=64)
HANGS_SECONDS = 60

BUSY = ("leaves a killer", "names itself oddly")
"""What they leave behind takes processor time, and may be at its limit before the host hears of their own end."""
HARMS = {
    "kills everyone": ("import os\nos.kill(-1, 9)\nos.kill(os.getpid(), 9)", None),
    "kills process 1": (
        "import os\nfor number in range(1, 65):\n  try: os.kill(1, number)\n  except OSError: pass",
        None,
    ),
    "fills everything": (
        "import os\nfor folder in ('/workspace', '/tmp', '/dev/shm'):\n"
        "  try:\n    for i in range(99): open(f'{folder}/{i}', 'wb').write(bytes(1_000_000))\n"
        "  except OSError: pass",
        None,
    ),
    "takes all rights": (
        "import os\nfor path in ('/workspace', '/tmp', '/dev/shm', 'd', 'a', '/proc', '/', '/dev'):\n"
        "  try: os.chmod(path, 0)\n  except OSError: pass",
        None,
    ),
    "deletes everything": (
        "import os, shutil\nfor path in ('/workspace', '/tmp', '/dev', '/run', '/etc'):\n"
        "  shutil.rmtree(path, ignore_errors=True)",
        None,
    ),
    "unmounts everything": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nfor line in open('/proc/mounts'):\n"
        "  for flags in (0, 1, 2, 8): libc.umount2(line.split()[1].encode(), flags)",
        None,
    ),
    "closes its descriptors": ("import os, time\nos.closerange(0, 9999)\ntime.sleep(60)", Limit.WALL),
    "stops itself": ("import os\nos.kill(os.getpid(), 19)", Limit.WALL),
    "stops everyone": ("import os, time\nif os.fork(): os.kill(-1, 19)\ntime.sleep(60)", Limit.WALL),
    "takes its own limits": (
        "import resource\nfor name in ('NOFILE', 'NPROC', 'FSIZE', 'DATA', 'STACK', 'AS'):\n"
        "  resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (0, 0))",
        None,
    ),
    "leaves a killer": (
        "import os\nif os.fork(): os._exit(0)\nos.setsid()\nwhile True:\n  try: os.kill(-1, 9)\n  except OSError: pass",
        None,
    ),
    "leaves a crowd": (
        "import os, time\nfor _ in range(22):\n  if not os.fork(): time.sleep(600)\nos._exit(0)",
        None,
    ),
    "names itself oddly": (
        "import ctypes, os\nctypes.CDLL(None).prctl(15, b') R 1 1 1')\n"
        "if not os.fork():\n  while True: pass\nos._exit(0)",
        None,
    ),
}


async def harmed(sandbox: Sandbox, name: str) -> None:
    """All that a runner does with a sandbox is tried after, and either works or is refused: nothing else."""
    script, named = HARMS[name]
    await sandbox.write({"a": b"mine", "d/b": b"mine"})
    result = await python(sandbox, script, timeout_seconds=0.3 if named else None)
    assert result.killed_by in ((named, Limit.CPU) if name in BUSY else (named,)), result
    await sandbox.run(Command(argv=["sh", "-c", "echo on"]))
    for work in (sandbox.write({"c": b"1"}), sandbox.read(["*"])):
        with suppress(FilesRefused):
            await work


async def test_no_harm_is_our_fault_or_hangs(isolating: SandboxProvider) -> None:
    """One sandbox each where that is cheap, else one after the other in the same."""
    groups = [list(HARMS)] if isolating.name == "docker" else [[name] for name in HARMS]
    for group in groups:
        async with isolating.open(SPEC) as sandbox:
            for name in group:
                try:
                    async with asyncio.timeout(HANGS_SECONDS):
                        await harmed(sandbox, name)
                except Exception as error:
                    raise AssertionError(f"after an attempt that {name}") from error
                if len(group) > 1:
                    await repaired(sandbox)
    async with isolating.open(SPEC) as sandbox:
        assert await asked(sandbox, "print(json.dumps(sorted(os.listdir('/workspace') + os.listdir('/tmp'))))") == []


async def repaired(sandbox: Sandbox) -> None:
    """So that the next harm has something to break: what was left behind is ended by a limit, unless a killer among it
    is faster than the limit."""
    while (await sandbox.run(Command(argv=["sleep", "9"], timeout_seconds=0.01))).killed_by is not Limit.WALL:
        pass
    script = "chmod -R 777 /workspace; rm -rf /workspace/* /tmp/* /dev/shm/*"
    await sandbox.run(Command(argv=["sh", "-c", script]))


async def test_a_sandbox_without_room_for_a_command_is_its_own_fault() -> None:
    """Nobody can be started while every place is taken: that is a limit met, and what took the places is gone."""
    async with BubblewrapProvider().open(SPEC) as sandbox:
        left = "import os, time\nif os.fork(): os._exit(0)\ntime.sleep(600)"
        assert (await python(sandbox, left)).exit_code == 0
        group = sandbox._holder._group  # pyright: ignore
        if group is None:
            return  # where no control groups can be made, the kernel's own limit is on commands alone
        Path(group._tasks, "pids.max").write_text("2")  # pyright: ignore  # noqa: ASYNC240
        result = await sandbox.run(Command(argv=["true"]))
        assert (result.exit_code, result.killed_by) == (-9, Limit.PROCESSES)
        assert (await sandbox.run(Command(argv=["true"]))).exit_code == 0


async def test_files_whose_writer_was_killed_are_refused_and_the_reason_is_told(isolating: SandboxProvider) -> None:
    """Sooner or later: the killer must have its turn while somebody writes."""
    async with asyncio.timeout(HANGS_SECONDS), isolating.open(structs.replace(SPEC, cpu_seconds=60)) as sandbox:
        script, _ = HARMS["leaves a killer"]
        await python(sandbox, script)
        with pytest.raises(FilesRefused, match="what lives inside killed who wrote them"):
            while True:
                await sandbox.write({f"f{number}": bytes(10_000) for number in range(50)})


async def test_what_a_command_is_given_to_read_holds_no_memory_of_its_own(closed_room: Sandbox) -> None:
    """It is a file in memory, which nobody counts: it can be neither written nor made longer, by any name."""
    script = """
found = []
for name, work in {
    'write': lambda: os.write(0, b'x'), 'grow': lambda: os.ftruncate(0, 1 << 20), 'shrink': lambda: os.ftruncate(0, 0),
    'again': lambda: os.write(os.open('/proc/self/fd/0', os.O_RDWR), b'x'),
}.items():
    try:
        work()
        found.append(name)
    except OSError:
        pass
print(json.dumps([found, len(sys.stdin.read())]))"""
    result = await python(closed_room, "import json, os, sys\n" + script, stdin=b"x" * 1000)
    assert result.stdout == b"[[], 1000]\n", result


@pytest.mark.parametrize("isolating", ["bubblewrap"], indirect=True)
async def test_many_that_harm_themselves_at_once_leave_the_rest_alone(isolating: SandboxProvider) -> None:
    async def one(name: str) -> None:
        async with isolating.open(SPEC) as sandbox:
            await harmed(sandbox, name)

    async with asyncio.timeout(2 * HANGS_SECONDS), isolating.open(SPEC) as calm:
        harms = ("kills everyone", "stops everyone", "leaves a killer", "takes all rights")
        await asyncio.gather(*map(one, harms))
        assert (await python(calm, "print(1)")).stdout == b"1\n"
