"""Ordinary code and bombs that exceed limits: killed, reported, and the sandbox stays usable."""

from __future__ import annotations

import asyncio

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.files import FilesRefused
from assay.sandbox import Command, Limit, Sandbox, SandboxProvider
from tests.sandbox.harness import run_json, run_python


async def test_a_memory_bomb_is_killed_and_reported(isolated_sandbox: Sandbox) -> None:
    result = await run_python(isolated_sandbox, "x = []\nwhile True: x.append(bytearray(b'1') * 4_000_000)")
    assert result.killed_by is Limit.MEMORY and result.exit_code == -9


async def test_memory_of_several_processes_and_shared_memory_is_summed(isolated_sandbox: Sandbox) -> None:
    each = "x = bytearray(b'1') * 30_000_000; time.sleep(30)"
    spread = f"import os, time\nfor _ in range(7):\n  if not os.fork(): {each}\ntime.sleep(30)"
    assert (await run_python(isolated_sandbox, spread)).killed_by is Limit.MEMORY
    shared = (
        "import mmap, time\nm = mmap.mmap(-1, 300_000_000)\nfor i in range(0, len(m), 4096): m[i] = 1\ntime.sleep(30)"
    )
    assert (await run_python(isolated_sandbox, shared)).killed_by is Limit.MEMORY


async def test_memory_shared_by_forks_counts_once(isolated_sandbox: Sandbox) -> None:
    script = """
import os, time
x = bytearray(b'1') * 60_000_000
for _ in range(5):
    if not os.fork():
        time.sleep(0.5)
        os._exit(0)
for _ in range(5):
    os.wait()"""
    result = await run_python(isolated_sandbox, script)
    assert result.killed_by is None and result.exit_code == 0, result


async def test_memfd_is_unavailable(isolated_sandbox: Sandbox) -> None:
    assert b"not implemented" in (await run_python(isolated_sandbox, "import os; os.memfd_create('x')")).stderr


@pytest.mark.parametrize(
    "bomb",
    [
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()",
        "import subprocess\nwhile True: subprocess.Popen(['sleep', '60'], start_new_session=True)",
    ],
)
async def test_a_fork_bomb_is_killed_and_reported(isolating: SandboxProvider, bomb: str) -> None:
    """With ample memory, so that the process limit is exceeded first."""
    async with isolating.open(SandboxSpec(memory_mb=2048, processes=24, wall_seconds=90)) as sandbox:
        result = await run_python(sandbox, bomb)
        assert result.killed_by is Limit.PROCESSES, result
        left = await sandbox.run(Command(argv=["sh", "-c", "ls -d /proc/[0-9]* | wc -l"]))
        assert int(left.stdout) <= 5


async def test_a_busy_loop_is_killed_at_its_cpu_limit(isolating: SandboxProvider) -> None:
    async with isolating.open(SandboxSpec(cpu_seconds=0.5, wall_seconds=90)) as sandbox:
        assert (await run_python(sandbox, "while True: pass")).killed_by is Limit.CPU
        spread = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
        assert (await run_python(sandbox, spread)).killed_by is Limit.CPU
        assert (await run_python(sandbox, "print(sum(range(1000)))")).exit_code == 0


@pytest.mark.parametrize("folder", ["/workspace", "/tmp", "/dev/shm"])
async def test_a_disk_bomb_gets_enospc(isolated_sandbox: Sandbox, folder: str) -> None:
    script = f"for i in 1 2 3 4; do head -c 5000000 /dev/zero > {folder}/f$i || exit 3; done"
    result = await isolated_sandbox.run(Command(argv=["sh", "-c", script]))
    assert result.exit_code == 3 and b"No space" in result.stderr
    size = await run_json(isolated_sandbox, f"s = os.statvfs('{folder}'); print(json.dumps(s.f_blocks * s.f_frsize))")
    assert size <= 8 << 20


async def test_a_full_workspace_refuses_files_from_the_host(isolated_sandbox: Sandbox) -> None:
    await isolated_sandbox.run(Command(argv=["sh", "-c", "cat /dev/zero > a; cat /dev/zero > b"]))
    with pytest.raises(FilesRefused, match="No space"):
        await isolated_sandbox.write({"c": b"x" * 100_000})
    assert await isolated_sandbox.read(["c"]) in ({}, {"c": b""})


async def test_an_inode_bomb_is_killed_and_reported(isolating: SandboxProvider) -> None:
    async with isolating.open(SandboxSpec(wall_seconds=120, cpu_seconds=60)) as sandbox:
        result = await run_python(sandbox, "i = 0\nwhile True:\n  i += 1\n  open(f'f{i}', 'w').close()")
        assert result.killed_by is Limit.FILES
        with pytest.raises(FilesRefused):
            await sandbox.read(["*"])


async def test_large_sparse_files_are_refused(isolated_sandbox: Sandbox) -> None:
    await isolated_sandbox.run(Command(argv=["sh", "-c", "truncate -s 8M a; truncate -s 8M b"]))
    with pytest.raises(FilesRefused):
        await isolated_sandbox.read(["*"])


async def test_swapping_a_folder_for_a_link_during_a_read_reveals_nothing_of_the_host(
    isolating: SandboxProvider, isolated_sandbox: Sandbox
) -> None:
    """In a pod a program inside reads the files; it may find what code inside can read as well, in the image."""
    image = (await isolated_sandbox.run(Command(argv=["cat", "/etc/passwd"]))).stdout
    await isolated_sandbox.write({"d/passwd": b"mine"})
    script = "while true; do mv d e; ln -s /etc d; rm d; mv e d; done"
    process = await isolated_sandbox.start(Command(argv=["sh", "-c", script]))
    for _ in range(200):
        files = await isolated_sandbox.read(["*"])
        assert set(files.values()) <= ({b"mine", image} if isolating.name == "kubernetes" else {b"mine"})
    await process.kill()


async def test_a_bomb_does_not_affect_other_sandboxes(isolating: SandboxProvider) -> None:
    spec = SandboxSpec(memory_mb=64, processes=16, wall_seconds=90)
    async with isolating.open(spec) as bad, isolating.open(spec) as good:
        bomb = asyncio.create_task(run_python(bad, "import os\nwhile True: os.fork()"))
        result = await good.run(Command(argv=["sh", "-c", "for i in 1 2 3; do sleep 0.1; done; echo fine"]))
        assert result.stdout == b"fine\n" and (await bomb).killed_by in (Limit.PROCESSES, Limit.MEMORY)
