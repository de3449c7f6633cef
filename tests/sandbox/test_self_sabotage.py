"""An attempt that breaks its own sandbox harms only itself: no infrastructure failure, no hang, and the next sandbox
works (fault 40). How such attempts end in a run is tested in ``tests/system/test_hostile.py``."""

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
from tests.sandbox.harness import run_json, run_python

SPEC = SandboxSpec(memory_mb=128, cpu_seconds=1.5, wall_seconds=90, processes=24, workspace_mb=8, open_files=64)
HANG_SECONDS = 60

LEAVES_BUSY_PROCESSES = ("leaves a killer", "names itself oddly")
"""Their leftover processes use CPU time and may exceed the CPU limit before the host learns that the command ended."""
SABOTAGES = {
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


async def sabotage(sandbox: Sandbox, name: str) -> None:
    """Afterwards everything a runner does with a sandbox either works or is refused."""
    script, limit = SABOTAGES[name]
    await sandbox.write({"a": b"mine", "d/b": b"mine"})
    result = await run_python(sandbox, script, timeout_seconds=0.3 if limit else None)
    assert result.killed_by in ((limit, Limit.CPU) if name in LEAVES_BUSY_PROCESSES else (limit,)), result
    await sandbox.run(Command(argv=["sh", "-c", "echo on"]))
    for work in (sandbox.write({"c": b"1"}), sandbox.read(["*"])):
        with suppress(FilesRefused):
            await work


async def test_sabotage_neither_hangs_nor_counts_as_infrastructure_failure(isolating: SandboxProvider) -> None:
    """In one sandbox each where that is cheap, otherwise one after the other in the same sandbox."""
    shared = isolating.name in ("docker", "kubernetes")
    groups = [list(SABOTAGES)] if shared else [[name] for name in SABOTAGES]
    for group in groups:
        async with isolating.open(SPEC) as sandbox:
            for name in group:
                try:
                    async with asyncio.timeout(HANG_SECONDS):
                        await sabotage(sandbox, name)
                except Exception as error:
                    raise AssertionError(f"after an attempt that {name}") from error
                if len(group) > 1:
                    await restore(sandbox)
    async with isolating.open(SPEC) as sandbox:
        assert await run_json(sandbox, "print(json.dumps(sorted(os.listdir('/workspace') + os.listdir('/tmp'))))") == []


async def restore(sandbox: Sandbox) -> None:
    """Gives the next sabotage something to break: a limit kills leftover processes, unless a killer among them is
    faster than the limit."""
    while (await sandbox.run(Command(argv=["sleep", "9"], timeout_seconds=0.01))).killed_by is not Limit.WALL:
        pass
    script = "chmod -R 777 /workspace; rm -rf /workspace/* /tmp/* /dev/shm/*"
    await sandbox.run(Command(argv=["sh", "-c", script]))


async def test_a_sandbox_without_a_free_process_exceeds_its_limit() -> None:
    """When every process slot is taken, a new command exceeds the limit and the processes are killed."""
    async with BubblewrapProvider().open(SPEC) as sandbox:
        left = "import os, time\nif os.fork(): os._exit(0)\ntime.sleep(600)"
        assert (await run_python(sandbox, left)).exit_code == 0
        cgroup = sandbox._launcher._cgroup  # pyright: ignore
        if cgroup is None:
            return  # without cgroups, the kernel's limit applies to commands only
        Path(cgroup._tasks, "pids.max").write_text("2")  # pyright: ignore  # noqa: ASYNC240
        result = await sandbox.run(Command(argv=["true"]))
        assert (result.exit_code, result.killed_by) == (-9, Limit.PROCESSES)
        assert (await sandbox.run(Command(argv=["true"]))).exit_code == 0


async def test_files_whose_writer_was_killed_are_refused_with_the_reason(isolating: SandboxProvider) -> None:
    """Repeats until the killer runs during a write."""
    async with asyncio.timeout(HANG_SECONDS), isolating.open(structs.replace(SPEC, cpu_seconds=60)) as sandbox:
        script, _ = SABOTAGES["leaves a killer"]
        await run_python(sandbox, script)
        with pytest.raises(FilesRefused, match="a process inside the sandbox killed the writer"):
            while True:
                await sandbox.write({f"f{number}": bytes(10_000) for number in range(50)})


async def test_stdin_cannot_be_changed_or_grown(isolating: SandboxProvider, isolated_sandbox: Sandbox) -> None:
    """It is a file in memory that no limit counts; in a pod, a pipe."""
    if isolating.name == "kubernetes":
        return
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
    result = await run_python(isolated_sandbox, "import json, os, sys\n" + script, stdin=b"x" * 1000)
    assert result.stdout == b"[[], 1000]\n", result


@pytest.mark.parametrize("isolating", ["bubblewrap"], indirect=True)
async def test_concurrent_sabotage_does_not_affect_other_sandboxes(isolating: SandboxProvider) -> None:
    async def one(name: str) -> None:
        async with isolating.open(SPEC) as sandbox:
            await sabotage(sandbox, name)

    async with asyncio.timeout(2 * HANG_SECONDS), isolating.open(SPEC) as neighbour:
        harms = ("kills everyone", "stops everyone", "leaves a killer", "takes all rights")
        await asyncio.gather(*map(one, harms))
        assert (await run_python(neighbour, "print(1)")).stdout == b"1\n"
