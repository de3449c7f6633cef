"""A file system on a disk whose power can be cut."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MODULE = "tests.faults.weekly.volatile_disk"


class PoweredDisk:
    """``folder`` is an ext4 file system on the disk while it is powered."""

    def __init__(self, root: Path, size_mib: int) -> None:
        self.folder = root / "mounted"
        self._file, self._fuse = root / "platter", root / "fuse"
        self._seed = 0
        self._server: subprocess.Popen[str] | None = None
        self._loop = ""
        for folder in (self.folder, self._fuse):
            folder.mkdir(parents=True)
        with self._file.open("wb") as file:
            file.truncate(size_mib * 2**20)
        _run(
            "mkfs.ext4", "-q", "-m", "0", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self._file)
        )

    def power_on(self) -> None:
        self._seed += 1
        command = (sys.executable, "-m", MODULE, str(self._file), str(self._fuse), str(self._seed))
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == "mounted\n"
        self._loop = _run("losetup", "--find", "--show", str(self._fuse / "disk"))
        _run("mount", self._loop, str(self.folder))

    def cut_power(self) -> None:
        """Cut the power at once. Programs on the disk get errors from now on and must be killed."""
        assert self._server is not None
        self._server.send_signal(10)  # SIGUSR1

    def detach(self) -> None:
        """Unmount, after a power cut or without one."""
        subprocess.run(("umount", str(self.folder)), check=False)
        subprocess.run(("umount", "--lazy", str(self.folder)), check=False, capture_output=True)
        if self._loop:
            subprocess.run(("losetup", "--detach", self._loop), check=False)
        subprocess.run(("umount", "--lazy", str(self._fuse)), check=False)
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._server, self._loop = None, ""


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()
