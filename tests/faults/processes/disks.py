"""Small disks that can be filled: a tmpfs under one folder of the stack. Mounting needs root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from assay.embedded.data_folder import DataFolder
from assay.embedded.postgres import Postgres

MIB = 1024 * 1024
BLOCK = 4096
_BALLAST = "ballast"


class SmallDisk:
    """A tmpfs mounted at ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def free_bytes(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_bsize

    def fill(self) -> None:
        """Fill it to the last block while others write to it."""
        with (self.folder / _BALLAST).open("ab", buffering=0) as ballast:
            os.posix_fallocate(ballast.fileno(), 0, max(BLOCK, self.free_bytes - 4 * MIB))
            with suppress(OSError):
                while True:
                    ballast.write(bytes(BLOCK))

    def release_space(self) -> None:
        (self.folder / _BALLAST).unlink()


@contextmanager
def mounted_disk(folder: Path, size_mib: int) -> Generator[SmallDisk]:
    """Move the folder's content to a small disk, for the duration of the block."""
    owner = folder.stat()
    kept = folder.with_name(f"{folder.name}.before")
    folder.rename(kept)
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(folder)), check=True)
    try:
        subprocess.run(("cp", "-a", f"{kept}/.", str(folder)), check=True)
        os.chown(folder, owner.st_uid, owner.st_gid)
        folder.chmod(owner.st_mode)
        shutil.rmtree(kept)
        yield SmallDisk(folder)
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


def initialize_postgres(data: Path) -> None:
    """Beforehand: the stack makes one by renaming, which it cannot where a disk is mounted."""
    folder = DataFolder(data)
    folder.make()
    prepare = Postgres(folder).spec().prepare
    assert prepare is not None
    prepare()
