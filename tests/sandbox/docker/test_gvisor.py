"""Under a separate kernel, which passes no descriptors out, a program inside archives the workspace, and the archive
is untrusted."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from assay.files import FileLimits, FilesRefused
from assay.sandbox import Command, CommandResult, Sandbox
from assay.sandbox.docker import DockerProvider
from assay.sandbox.docker.runtimes import Runtime
from assay.sandbox.workspace_archive import read_archive
from tests.sandbox.harness import SPEC


@pytest.fixture
async def separate_kernel() -> AsyncGenerator[Sandbox]:
    async with DockerProvider(runtime=Runtime(separate_kernel=True)).open(SPEC) as sandbox:
        yield sandbox


@pytest.mark.docker
async def test_files_are_read_and_links_and_pipes_are_not(separate_kernel: Sandbox) -> None:
    await separate_kernel.write({"a/b.txt": b"1", "a/c.bin": bytes(range(256)), "d.txt": b""})
    script = "ln -s /etc/passwd e.txt; ln -s /etc a/etc; mkfifo f.txt; mkdir -p g/h; echo > $(printf 'g/\\xff.txt')"
    assert (await separate_kernel.run(Command(argv=["bash", "-c", script]))).exit_code == 0
    with pytest.raises(FilesRefused, match="UTF-8"):
        await separate_kernel.read(["*.txt"])
    await separate_kernel.run(Command(argv=["rm", "-r", "g"]))
    assert await separate_kernel.read(["*.txt"]) == {"a/b.txt": b"1", "d.txt": b""}
    assert await separate_kernel.read(["a/"]) == {"a/b.txt": b"1", "a/c.bin": bytes(range(256))}
    await separate_kernel.run(Command(argv=["sh", "-c", "truncate -s 8M x; truncate -s 8M y"]))
    with pytest.raises(FilesRefused, match="more than"):
        await separate_kernel.read(["*"])


def archive_entry(path: bytes, content: bytes, claimed: int | None = None) -> bytes:
    size = len(content) if claimed is None else claimed
    return len(path).to_bytes(8, "big") + size.to_bytes(8, "big") + path + content


@pytest.mark.parametrize(
    "stdout",
    [
        archive_entry(b"../x", b""),
        archive_entry(b"/x", b""),
        archive_entry(b"x", b"1", claimed=1 << 60),
        archive_entry(b"x", b"1") + b"\0" * 5,
        archive_entry(b"x", b"1" * 200),
        archive_entry(b"a\xff", b""),
        archive_entry(b"x/y", b"") + archive_entry(b"x", b""),
    ],
)
def test_a_malformed_archive_is_refused(stdout: bytes) -> None:
    with pytest.raises(FilesRefused):
        read_archive(CommandResult(exit_code=0, stdout=stdout), ["*"], FileLimits(total_bytes=100))


def test_files_outside_the_patterns_are_dropped() -> None:
    stdout = archive_entry(b"a.txt", b"1") + archive_entry(b"b.py", b"2")
    assert read_archive(CommandResult(exit_code=0, stdout=stdout), ["*.py"], FileLimits()) == {"b.py": b"2"}
