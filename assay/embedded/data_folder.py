"""The data folder: where everything the embedded stack keeps is, who uses it now, and on which ports."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from assay.embedded.errors import DataInUse
from assay.embedded.process_identity import ProcessIdentity, myself


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """``stack.json``: a running stack, or the ports of the last one when ``supervisor`` is None."""

    address: str = ""
    started_at: datetime | None = None
    supervisor: ProcessIdentity | None = None
    command: str = ""
    ports: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    children: tuple[ProcessIdentity, ...] = ()


class DataFolder:
    """``postgres/ nats/ artifacts/ logs/ stack.json lock`` below one root."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.postgres = self.root / "postgres"
        self.nats = self.root / "nats"
        self.artifacts = self.root / "artifacts"
        self.logs = self.root / "logs"

    def make(self) -> None:
        """The database's own user must be able to pass through the root; the rest is for us alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        for private in (self.nats, self.artifacts, self.logs):
            private.mkdir(mode=0o700, exist_ok=True)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def read_stack(self) -> Stack:
        """What the file says; a file that is absent or damaged says nothing."""
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((self.root / "stack.json").read_bytes(), type=Stack)
        return Stack()

    def write_stack(self, stack: Stack) -> None:
        """At once or not at all."""
        draft = self.root / "stack.json.new"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(stack), indent=2))
        draft.replace(self.root / "stack.json")


class DataLock:
    """Held by one supervisor at a time; the kernel lets go of it however the supervisor ends."""

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
        os.write(self._descriptor, msgspec.json.encode((myself("assay up"), self._command)))
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
        address = self._folder.read_stack().address
        where = f", which serves {address}" if address else ""
        return (
            f"the data folder {self._folder.root} is in use by {owner}{where}: "
            f"use that one, stop it with Ctrl-C or kill, or choose another folder with --data DIR"
        )
