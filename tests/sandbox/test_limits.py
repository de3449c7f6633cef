"""What ordinary code and bombs meet at the limits: killed, named, and the room usable after."""

from __future__ import annotations

import asyncio

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.files import FilesRefused
from assay.sandbox import Command, Limit, Sandbox, SandboxProvider
from tests.sandbox.conftest import asked, python


async def test_a_memory_bomb_is_killed_and_named(closed_room: Sandbox) -> None:
    result = await python(closed_room, "x = []\nwhile True: x.append(bytearray(b'1') * 4_000_000)")
    assert result.killed_by is Limit.MEMORY and result.exit_code == -9


async def test_memory_spread_over_processes_or_shared_counts_together(closed_room: Sandbox) -> None:
    each = "x = bytearray(b'1') * 30_000_000; time.sleep(30)"
    spread = f"import os, time\nfor _ in range(7):\n  if not os.fork(): {each}\ntime.sleep(30)"
    assert (await python(closed_room, spread)).killed_by is Limit.MEMORY
    shared = (
        "import mmap, time\nm = mmap.mmap(-1, 300_000_000)\nfor i in range(0, len(m), 4096): m[i] = 1\ntime.sleep(30)"
    )
    assert (await python(closed_room, shared)).killed_by is Limit.MEMORY


async def test_memory_that_forks_share_counts_once(closed_room: Sandbox) -> None:
    script = """
import os, time
x = bytearray(b'1') * 60_000_000
for _ in range(5):
    if not os.fork():
        time.sleep(0.5)
        os._exit(0)
for _ in range(5):
    os.wait()"""
    result = await python(closed_room, script)
    assert result.killed_by is None and result.exit_code == 0, result


async def test_memory_no_limit_counts_cannot_be_had(closed_room: Sandbox) -> None:
    assert b"not implemented" in (await python(closed_room, "import os; os.memfd_create('x')")).stderr


@pytest.mark.parametrize(
    "bomb",
    [
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()",
        "import subprocess\nwhile True: subprocess.Popen(['sleep', '60'], start_new_session=True)",
    ],
)
async def test_a_fork_bomb_is_contained_killed_and_named(isolating: SandboxProvider, bomb: str) -> None:
    """With room in memory, so that it is the processes that are too many."""
    async with isolating.open(SandboxSpec(memory_mb=2048, processes=24, wall_seconds=90)) as sandbox:
        result = await python(sandbox, bomb)
        assert result.killed_by is Limit.PROCESSES, result
        left = await sandbox.run(Command(argv=["sh", "-c", "ls -d /proc/[0-9]* | wc -l"]))
        assert int(left.stdout) <= 5


async def test_a_busy_loop_is_killed_at_its_cpu_time(isolating: SandboxProvider) -> None:
    async with isolating.open(SandboxSpec(cpu_seconds=0.5, wall_seconds=90)) as sandbox:
        assert (await python(sandbox, "while True: pass")).killed_by is Limit.CPU
        spread = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
        assert (await python(sandbox, spread)).killed_by is Limit.CPU
        assert (await python(sandbox, "print(sum(range(1000)))")).exit_code == 0


@pytest.mark.parametrize("folder", ["/workspace", "/tmp", "/dev/shm"])
async def test_a_disk_bomb_meets_a_full_disk(closed_room: Sandbox, folder: str) -> None:
    script = f"for i in 1 2 3 4; do head -c 5000000 /dev/zero > {folder}/f$i || exit 3; done"
    result = await closed_room.run(Command(argv=["sh", "-c", script]))
    assert result.exit_code == 3 and b"No space" in result.stderr
    size = await asked(closed_room, f"s = os.statvfs('{folder}'); print(json.dumps(s.f_blocks * s.f_frsize))")
    assert size <= 8 << 20


async def test_a_full_workspace_refuses_our_files_too(closed_room: Sandbox) -> None:
    await closed_room.run(Command(argv=["sh", "-c", "cat /dev/zero > a; cat /dev/zero > b"]))
    with pytest.raises(FilesRefused, match="No space"):
        await closed_room.write({"c": b"x" * 100_000})
    assert await closed_room.read(["c"]) in ({}, {"c": b""})


async def test_an_inode_bomb_is_killed_and_named(isolating: SandboxProvider) -> None:
    async with isolating.open(SandboxSpec(wall_seconds=120, cpu_seconds=60)) as sandbox:
        result = await python(sandbox, "i = 0\nwhile True:\n  i += 1\n  open(f'f{i}', 'w').close()")
        assert result.killed_by is Limit.FILES
        with pytest.raises(FilesRefused):
            await sandbox.read(["*"])


async def test_files_that_are_larger_than_their_blocks_are_not_taken(closed_room: Sandbox) -> None:
    await closed_room.run(Command(argv=["sh", "-c", "truncate -s 8M a; truncate -s 8M b"]))
    with pytest.raises(FilesRefused):
        await closed_room.read(["*"])


async def test_swapping_a_folder_for_a_link_while_we_read_shows_nothing_of_the_host(closed_room: Sandbox) -> None:
    await closed_room.write({"d/passwd": b"mine"})
    script = "while true; do mv d e; ln -s /etc d; rm d; mv e d; done"
    process = await closed_room.start(Command(argv=["sh", "-c", script]))
    for _ in range(200):
        files = await closed_room.read(["*"])
        assert set(files.values()) <= {b"mine"}
    await process.kill()


async def test_neighbours_are_not_touched_by_a_bomb(isolating: SandboxProvider) -> None:
    spec = SandboxSpec(memory_mb=64, processes=16, wall_seconds=90)
    async with isolating.open(spec) as bad, isolating.open(spec) as good:
        bomb = asyncio.create_task(python(bad, "import os\nwhile True: os.fork()"))
        result = await good.run(Command(argv=["sh", "-c", "for i in 1 2 3; do sleep 0.1; done; echo fine"]))
        assert result.stdout == b"fine\n" and (await bomb).killed_by in (Limit.PROCESSES, Limit.MEMORY)
