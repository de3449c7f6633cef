"""What is copied out of a sandbox is its own regular files, whatever the code inside does to its workspace (fault 38).

The same walk (``assay.files.folders``) is tested on a host folder in ``tests/files/test_folders.py``, and the
bundles that the judge reads in ``tests/artifacts/test_bundle.py``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assay.artifacts import pack, unpack
from assay.files import FilesRefused
from assay.sandbox import Command, Sandbox
from tests.sandbox.harness import run_json, run_python

CANARY = "canary-of-the-host-4471"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A world-readable file on the host."""
    tmp_path.chmod(0o755)
    path = tmp_path / "secret.py"
    path.write_text(CANARY)
    path.chmod(0o644)
    return path


async def test_links_devices_pipes_and_sockets_are_not_copied_out(isolated_sandbox: Sandbox, secret: Path) -> None:
    script = f"""
done = []
def attempt(name, work):
    try:
        work()
        done.append(name)
    except OSError:
        pass
for number, target in enumerate(({str(secret)!r}, '/etc/passwd', '../../../../etc/passwd', '/proc/1/root/etc/passwd',
        '/proc/self/environ', '/proc/self/fd/0', '/dev/zero', '.', 'loop{{0}}')):
    attempt('symlink', lambda: os.symlink(target, f'soft{{number}}.py'))
os.symlink('/etc', 'folder'); os.symlink('..', 'up'); os.symlink('loop2', 'loop1'); os.symlink('loop1', 'loop2')
for target in ('/etc/passwd', '/usr/bin/env', '/etc/hosts', '/proc/self/environ'):
    attempt('link ' + target, lambda: os.link(target, 'hard' + target.replace('/', '-')))
os.mkfifo('pipe.py')
socket.socket(socket.AF_UNIX).bind('socket.py')
import stat
attempt('device', lambda: os.mknod('device.py', stat.S_IFCHR | 0o666, os.makedev(1, 1)))
open('mine.py', 'w').write('mine'); os.mkdir('d'); os.link('mine.py', 'd/too.py')
os.chmod('mine.py', 0o4755)
print(json.dumps(sorted(set(done))))"""
    assert await run_json(isolated_sandbox, script) == ["symlink"]
    files = await isolated_sandbox.read(["*"])
    assert files == {"mine.py": b"mine", "d/too.py": b"mine"}
    assert unpack(pack(files)) == files


NAMES = [
    r"b'a\\..\\..\\b'", r"b'a\nb'", r"b'\x1b[2J'", r"'a\u202eb'.encode()", r"b'a\xff'", r"b'd/' * 40 + b'x'",
    r"b'x' * 255 + b'/' + b'y' * 255 + b'/z'",
]  # fmt: skip
"""Backslashes, a newline, an escape code, a right-to-left override, invalid UTF-8, too deep, too long."""


async def test_unsafe_names_are_refused(isolated_sandbox: Sandbox) -> None:
    for name in NAMES:
        script = f"""
import os, shutil
path = {name}
for old in os.listdir(b'.'):
    shutil.rmtree(old) if os.path.isdir(old) else os.unlink(old)
os.path.dirname(path) and os.makedirs(os.path.dirname(path))
open(path, 'w')"""
        result = await run_python(isolated_sandbox, script)
        assert result.exit_code == 0, result.stderr
        with pytest.raises(FilesRefused):
            await isolated_sandbox.read(["*"])


async def test_swapping_a_file_during_a_copy_reveals_nothing_of_the_host(
    isolated_sandbox: Sandbox, secret: Path
) -> None:
    """Swapped for a link, a pipe, a device and a folder in turn; reading does not hang either."""
    await isolated_sandbox.write({"d/a.py": b"mine", "d/b.py": b"mine"})
    script = f"""
import os
while True:
    for make in (lambda: os.symlink({str(secret)!r}, 'd/new'), lambda: os.mkfifo('d/new'), lambda: os.mkdir('d/new'),
            lambda: os.symlink('/dev/zero', 'd/new')):
        make()
        os.rename('d/a.py', 'd/kept'); os.rename('d/new', 'd/a.py')
        os.rmdir('d/a.py') if os.path.isdir('d/a.py') and not os.path.islink('d/a.py') else os.unlink('d/a.py')
        os.rename('d/kept', 'd/a.py')"""
    process = await isolated_sandbox.start(Command(argv=["python3", "-c", script]))
    async with asyncio.timeout(60):
        for _ in range(150):
            files = await isolated_sandbox.read(["d/*.py"])
            assert files["d/b.py"] == b"mine" and set(files.values()) == {b"mine"}
    await process.kill()


async def test_copying_in_does_not_follow_a_swapped_link(isolated_sandbox: Sandbox, secret: Path) -> None:
    """Nor does it wait for the reader of a pipe. The copy is done inside, by a user that cannot write host files
    anyway."""
    script = f"""
import os
while True:
    for make in (lambda: os.symlink({str(secret)!r}, 'new'), lambda: os.mkfifo('new')):
        try:
            make(); os.rename('new', 'd/a.py')
        except OSError:
            pass"""
    await isolated_sandbox.write({"d/a.py": b"1"})
    process = await isolated_sandbox.start(Command(argv=["python3", "-c", script]))
    async with asyncio.timeout(60):
        for number in range(60):
            try:
                await isolated_sandbox.write({"d/a.py": b"%d" % number})
            except FilesRefused as refused:
                assert "exists" in str(refused)
    await process.kill()
    assert not await isolated_sandbox.read(["new"]) and CANARY in secret.read_text()  # noqa: ASYNC240


@pytest.mark.parametrize("isolating", ["bubblewrap"], indirect=True)
async def test_a_million_names_are_refused(isolated_sandbox: Sandbox) -> None:
    """Hard links use no inodes, so the names themselves must be counted."""
    script = """
os.mkdir('many'); open('x', 'w')
made = 0
try:
    for number in range(1_000_000):
        os.link('x', f'many/{number}'); made += 1
except OSError:
    pass
print(json.dumps(made))"""
    result = await run_python(isolated_sandbox, "import json, os\n" + script)
    created = int(result.stdout or 0)
    assert result.killed_by or created > 10_000
    with pytest.raises(FilesRefused):
        await isolated_sandbox.read(["*"])
