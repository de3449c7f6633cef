"""No isolation at all: commands are plain processes of this user, with this user's files and network in reach.

For machines where nothing better runs and code that is trusted, chosen by name alone. It holds to wall time and output;
the other limits of a spec are not enforced, and every result carries the warning.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from assay.contracts.sandboxspec import Connection, SandboxSpec
from assay.files import FileLimits, Files, check_files, check_path
from assay.files.folders import read_folder, write_folder
from assay.sandbox.errors import SandboxNotStarted, SpecUnsupported
from assay.sandbox.execution import Execution
from assay.sandbox.protocol import (
    WORKSPACE,
    Availability,
    Command,
    CommandResult,
    FilesMount,
    FolderMount,
    Mounts,
    Sandbox,
    SandboxProcess,
)

WARNING = "not isolated: the code ran as an ordinary process of the worker's user, with its files and network in reach"
_MARK = "ASSAY_SANDBOX"
"""Set in every process, so that those which left their group can be found again."""


class ProcessProvider:
    """Never chosen unless named."""

    name = "process"

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        if spec.needs_docker:
            raise SpecUnsupported(
                f"a plain process has nothing of its own, and the task needs {spec.needs_docker}: choose docker"
            )
        try:
            folder = tempfile.TemporaryDirectory(prefix="assay-sandbox-", ignore_cleanup_errors=True)
        except OSError as error:
            raise SandboxNotStarted(f"no folder for a workspace: {error}") from error
        with folder as name:
            sandbox = _Folder(spec, Path(name), mounts)
            try:
                yield sandbox
            finally:
                await sandbox.close()

    async def check(self) -> Availability:
        limits = {"wall": "the host's clock", "output": "the host reads no more than it keeps"}
        return Availability(provider=self.name, available=True, limits=limits, warning=WARNING)


class _Folder:
    """A Sandbox in name: a folder with the workspace and the mounts in it."""

    def __init__(self, spec: SandboxSpec, root: Path, mounts: Mounts) -> None:
        self._spec, self._root = spec, root
        workspace_bytes = spec.workspace_mb << 20
        self._caps = FileLimits(total_bytes=workspace_bytes, file_bytes=workspace_bytes)
        self._waiting: set[asyncio.Task[None]] = set()
        self._started: set[int] = set()
        """Process groups whose first process lives."""
        self._folders = {WORKSPACE: root / "workspace", "/tmp": root / "tmp"}
        for folder in self._folders.values():
            folder.mkdir()
        for number, mount in enumerate(mounts):
            self._folders[mount.path] = _mounted(mount, root / f"mount{number}")

    @property
    def connections(self) -> Sequence[Connection]:
        return ()

    async def write(self, files: Files) -> None:
        check_files(files, self._caps)
        await asyncio.to_thread(write_folder, self._folders[WORKSPACE], files)

    async def run(self, command: Command) -> CommandResult:
        execution = await self._execute(command, live=False)
        try:
            return await execution.wait()
        except asyncio.CancelledError:
            self.end_all()
            raise

    async def read(self, patterns: Sequence[str]) -> Files:
        workspace = self._folders[WORKSPACE]
        return await asyncio.to_thread(read_folder, workspace, patterns, special="skip", limits=self._caps)

    async def start(self, command: Command) -> SandboxProcess:
        execution = await self._execute(command, live=True)
        await execution.write(command.stdin)
        return execution

    def locate(self, path: str) -> str:
        for inside, folder in self._folders.items():
            if path == inside or path.startswith(inside + "/"):
                return str(folder) + path[len(inside) :]
        return path

    async def close(self) -> None:
        await asyncio.to_thread(self.end_all)
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=1)

    def end_all(self) -> None:
        """Every group we started and every process that carries our mark, wherever it went; gives up after a second."""
        for pid in tuple(self._started):
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        for _ in range(200):
            pids = _marked(str(self._root))
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not pids:
                return
            time.sleep(0.005)

    async def _execute(self, command: Command, *, live: bool) -> Execution:
        execution = Execution(command, self._spec, live=live, end=self.end_all, warning=WARNING)
        try:
            stdin, stdout, stderr = execution.child
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=self._environment() | command.env,
                cwd=self._folder(command.cwd),
                start_new_session=True,
            )
        except OSError as error:
            os.write(execution.child[2], f"{command.argv[0]}: {error}\n".encode())
            execution.started()
            execution.ended(127 if isinstance(error, FileNotFoundError) else 126)
            return execution
        except asyncio.CancelledError:  # asyncio has ended what it had begun
            execution.started()
            execution.ended(-signal.SIGKILL)
            raise
        execution.started()
        self._started.add(process.pid)
        waiting = asyncio.create_task(self._reap(process, execution))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)
        return execution

    async def _reap(self, process: asyncio.subprocess.Process, execution: Execution) -> None:
        exit_code = await process.wait()
        self._started.discard(process.pid)
        execution.ended(exit_code)

    def _folder(self, cwd: str) -> Path:
        workspace = self._folders[WORKSPACE]
        return workspace if cwd in ("", ".") else workspace.joinpath(*check_path(cwd))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.base_prefix, 'bin')}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._folders[WORKSPACE]),
            "TMPDIR": str(self._folders["/tmp"]),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            _MARK: str(self._root),
        }


def _mounted(mount: FilesMount | FolderMount, place: Path) -> Path:
    if isinstance(mount, FolderMount):
        return mount.folder
    write_folder(place, mount.files)
    return place


def _marked(root: str) -> list[int]:
    """Living processes that carry the mark; zombies show no environment."""
    mark = f"{_MARK}={root}".encode()
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if mark in _environ(pid).split(b"\0")]


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
