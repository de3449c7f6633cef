"""No isolation: commands are ordinary processes with the files and network of the worker's user.

For trusted code on machines where nothing better works; used only if named explicitly. It enforces wall time and
output; the other limits are not enforced, and every result has a warning.
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
    ResourceUse,
    Sandbox,
    SandboxProcess,
)

WARNING = "not isolated: the code ran as an ordinary process of the worker's user, with access to its files and network"
_MARKER = "ASSAY_SANDBOX"
"""Set in the environment of every process, to find those that left their process group."""


class ProcessProvider:
    """Never selected automatically."""

    name = "process"

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        if spec.needs_containers:
            raise SpecUnsupported(
                f"the task needs {spec.needs_containers}, which the provider 'process' cannot give: use docker"
            )
        try:
            folder = tempfile.TemporaryDirectory(prefix="assay-sandbox-", ignore_cleanup_errors=True)
        except OSError as error:
            raise SandboxNotStarted(f"cannot create a folder for the workspace: {error}") from error
        with folder as name:
            sandbox = _ProcessSandbox(spec, Path(name), mounts)
            try:
                yield sandbox
            finally:
                await sandbox.close()

    async def check(self) -> Availability:
        limits = {"wall": "the host's clock", "output": "the host drops output above the limit"}
        return Availability(provider=self.name, available=True, limits=limits, warning=WARNING)


class _ProcessSandbox:
    """A temporary folder that contains the workspace and the mounts."""

    def __init__(self, spec: SandboxSpec, root: Path, mounts: Mounts) -> None:
        self._spec, self._root = spec, root
        workspace_bytes = spec.workspace_mb << 20
        self._file_limits = FileLimits(total_bytes=workspace_bytes, file_bytes=workspace_bytes)
        self._reapers: set[asyncio.Task[None]] = set()
        self._process_groups: set[int] = set()
        """Ids of process groups whose leader is alive."""
        self._folders = {WORKSPACE: root / "workspace", "/tmp": root / "tmp"}
        for folder in self._folders.values():
            folder.mkdir()
        for number, mount in enumerate(mounts):
            self._folders[mount.path] = _prepare_mount(mount, root / f"mount{number}")

    @property
    def connections(self) -> Sequence[Connection]:
        return ()

    async def usage(self) -> ResourceUse | None:
        return None

    async def write(self, files: Files) -> None:
        check_files(files, self._file_limits)
        await asyncio.to_thread(write_folder, self._folders[WORKSPACE], files)

    async def run(self, command: Command) -> CommandResult:
        execution = await self._execute(command, live=False)
        try:
            return await execution.wait()
        except asyncio.CancelledError:
            self.kill_all()
            raise

    async def read(self, patterns: Sequence[str]) -> Files:
        workspace = self._folders[WORKSPACE]
        return await asyncio.to_thread(read_folder, workspace, patterns, special="skip", limits=self._file_limits)

    async def start(self, command: Command) -> SandboxProcess:
        execution = await self._execute(command, live=True)
        await execution.write(command.stdin)
        return execution

    def locate(self, path: str) -> str:
        for path_inside, folder in self._folders.items():
            if path == path_inside or path.startswith(path_inside + "/"):
                return str(folder) + path[len(path_inside) :]
        return path

    async def close(self) -> None:
        await asyncio.to_thread(self.kill_all)
        if self._reapers:
            await asyncio.wait(self._reapers, timeout=1)

    def kill_all(self) -> None:
        """Kills every process group started here and every process that carries the marker; gives up after a second."""
        for pid in tuple(self._process_groups):
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        for _ in range(200):
            pids = _marked_pids(str(self._root))
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not pids:
                return
            time.sleep(0.005)

    async def _execute(self, command: Command, *, live: bool) -> Execution:
        execution = Execution(command, self._spec, live=live, kill=self.kill_all, warning=WARNING)
        try:
            stdin, stdout, stderr = execution.child_ends
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=self._environment() | command.env,
                cwd=self._working_folder(command.cwd),
                start_new_session=True,
            )
        except OSError as error:
            os.write(execution.child_ends[2], f"{command.argv[0]}: {error}\n".encode())
            execution.close_child_ends()
            execution.finish(127 if isinstance(error, FileNotFoundError) else 126)
            return execution
        except asyncio.CancelledError:  # asyncio has killed the process
            execution.close_child_ends()
            execution.finish(-signal.SIGKILL)
            raise
        execution.close_child_ends()
        self._process_groups.add(process.pid)
        reaper = asyncio.create_task(self._reap(process, execution))
        self._reapers.add(reaper)
        reaper.add_done_callback(self._reapers.discard)
        return execution

    async def _reap(self, process: asyncio.subprocess.Process, execution: Execution) -> None:
        exit_code = await process.wait()
        self._process_groups.discard(process.pid)
        execution.finish(exit_code)

    def _working_folder(self, cwd: str) -> Path:
        workspace = self._folders[WORKSPACE]
        return workspace if cwd in ("", ".") else workspace.joinpath(*check_path(cwd))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.base_prefix, 'bin')}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._folders[WORKSPACE]),
            "TMPDIR": str(self._folders["/tmp"]),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            _MARKER: str(self._root),
        }


def _prepare_mount(mount: FilesMount | FolderMount, place: Path) -> Path:
    if isinstance(mount, FolderMount):
        return mount.folder
    write_folder(place, mount.files)
    return place


def _marked_pids(root: str) -> list[int]:
    """Live processes that carry the marker; zombies have no environment."""
    marker = f"{_MARKER}={root}".encode()
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if marker in _environ(pid).split(b"\0")]


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
