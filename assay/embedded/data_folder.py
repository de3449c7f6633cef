"""The data folder: the stack's files, its lock, and the state of the running stack in ``stack.json``."""

from __future__ import annotations

import base64
import fcntl
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from assay.embedded.errors import DataInUse
from assay.embedded.process_identity import ProcessIdentity, own_identity


class StackState(msgspec.Struct, frozen=True, kw_only=True):
    """``stack.json``: the running stack; only the last stack's ports when ``supervisor`` is None."""

    address: str = ""
    started_at: datetime | None = None
    supervisor: ProcessIdentity | None = None
    command: str = ""
    ports: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    processes: tuple[ProcessIdentity, ...] = msgspec.field(name="children", default=())


class DataFolder:
    """``postgres/ nats/ artifacts/ logs/ bus-logins.json consumers master.key stack.json lock`` below one root."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.postgres = self.root / "postgres"
        self.nats = self.root / "nats"
        self.artifacts = self.root / "artifacts"
        self.logs = self.root / "logs"
        self.consumers = self.root / "consumers"

    def make(self) -> None:
        """The root stays traversable for PostgreSQL's own user; the folders of other parts are private."""
        self.root.mkdir(parents=True, exist_ok=True)
        for private in (self.nats, self.artifacts, self.logs):
            private.mkdir(mode=0o700, exist_ok=True)

    def make_master_key(self) -> Path:
        """The file with the key that encrypts the keys of model providers, for the ledger."""
        file = self.root / "master.key"
        if not file.exists():
            write_private(file, base64.b64encode(os.urandom(32)).decode())
        return file

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def read_state(self) -> StackState:
        """The state in the file; the default state when the file is missing or damaged."""
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((self.root / "stack.json").read_bytes(), type=StackState)
        return StackState()

    def write_state(self, stack: StackState) -> None:
        """Atomic."""
        draft = self.root / "stack.json.new"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(stack), indent=2))
        draft.replace(self.root / "stack.json")


class DataLock:
    """Held by one supervisor at a time; the kernel releases it however the supervisor ends."""

    def __init__(self, folder: DataFolder, command: str) -> None:
        self._folder = folder
        self._command = command
        self._descriptor = -1

    def __enter__(self) -> DataLock:
        self._descriptor = os.open(self._folder.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            text = self._owner()
            os.close(self._descriptor)
            raise DataInUse(text) from error
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, msgspec.json.encode((own_identity("assay up"), self._command)))
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def _owner(self) -> str:
        owner = "another process"
        with suppress(OSError, msgspec.DecodeError):
            identity, command = msgspec.json.decode(
                os.pread(self._descriptor, 10_000, 0), type=tuple[ProcessIdentity, str]
            )
            owner = f"pid {identity.pid} ({command})"
        address = self._folder.read_state().address
        where = f", which serves {address}" if address else ""
        return (
            f"the data folder {self._folder.root} is in use by {owner}{where}; "
            f"use that stack, stop it with Ctrl-C or kill, or choose another folder with --data DIR"
        )


def write_private(path: Path, text: str) -> None:
    """Atomic; only the owner can read the file."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
