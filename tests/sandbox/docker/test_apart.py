"""Under a kernel that lets no descriptor out a program inside reads the workspace, and its word is not believed."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from assay.files import FileLimits, FilesRefused
from assay.sandbox import Command, CommandResult, Sandbox
from assay.sandbox.docker import DockerProvider
from assay.sandbox.docker.kernels import Kernel
from assay.sandbox.packed import unpacked
from tests.sandbox.conftest import SPEC


@pytest.fixture
async def apart() -> AsyncGenerator[Sandbox]:
    async with DockerProvider(kernel=Kernel(apart=True)).open(SPEC) as sandbox:
        yield sandbox


@pytest.mark.docker
async def test_files_come_back_and_links_and_devices_do_not(apart: Sandbox) -> None:
    await apart.write({"a/b.txt": b"1", "a/c.bin": bytes(range(256)), "d.txt": b""})
    script = "ln -s /etc/passwd e.txt; ln -s /etc a/etc; mkfifo f.txt; mkdir -p g/h; echo > $(printf 'g/\\xff.txt')"
    assert (await apart.run(Command(argv=["bash", "-c", script]))).exit_code == 0
    with pytest.raises(FilesRefused, match="UTF-8"):
        await apart.read(["*.txt"])
    await apart.run(Command(argv=["rm", "-r", "g"]))
    assert await apart.read(["*.txt"]) == {"a/b.txt": b"1", "d.txt": b""}
    assert await apart.read(["a/"]) == {"a/b.txt": b"1", "a/c.bin": bytes(range(256))}
    await apart.run(Command(argv=["sh", "-c", "truncate -s 8M x; truncate -s 8M y"]))
    with pytest.raises(FilesRefused, match="more than"):
        await apart.read(["*"])


def packed(path: bytes, content: bytes, claimed: int | None = None) -> bytes:
    size = len(content) if claimed is None else claimed
    return len(path).to_bytes(8, "big") + size.to_bytes(8, "big") + path + content


@pytest.mark.parametrize(
    "stdout",
    [
        packed(b"../x", b""),
        packed(b"/x", b""),
        packed(b"x", b"1", claimed=1 << 60),
        packed(b"x", b"1") + b"\0" * 5,
        packed(b"x", b"1" * 200),
        packed(b"a\xff", b""),
        packed(b"x/y", b"") + packed(b"x", b""),
    ],
)
def test_what_is_packed_unsoundly_is_refused(stdout: bytes) -> None:
    with pytest.raises(FilesRefused):
        unpacked(CommandResult(exit_code=0, stdout=stdout), ["*"], FileLimits(total_bytes=100))


def test_what_was_not_asked_for_is_left_out() -> None:
    stdout = packed(b"a.txt", b"1") + packed(b"b.py", b"2")
    assert unpacked(CommandResult(exit_code=0, stdout=stdout), ["*.py"], FileLimits()) == {"b.py": b"2"}
