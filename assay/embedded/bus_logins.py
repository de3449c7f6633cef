"""Passwords of the bus's logins, in a file that only its owner can read. They stay the same over restarts, so that
settings handed to workers and consumers remain valid."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager

import msgspec

from assay.bus.consumers import consumer_login
from assay.bus.permissions import USERS
from assay.embedded.data_folder import DataFolder, write_private
from assay.embedded.errors import StackError


class _Passwords(msgspec.Struct, kw_only=True):
    services: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    consumers: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class BusLogins:
    """The file ``bus-logins.json`` in the data folder, and ``consumers`` with the names of external consumers for the
    ledger."""

    def __init__(self, folder: DataFolder) -> None:
        self._file = folder.root / "bus-logins.json"
        self._names = folder.consumers

    def services(self) -> dict[str, str]:
        """Passwords by user (permissions.USERS); missing ones are generated."""
        with self._changing() as passwords:
            for user in USERS:
                passwords.services.setdefault(user, _new_password())
        return passwords.services

    def consumers(self) -> dict[str, str]:
        """Passwords by the consumer's name."""
        return self._read().consumers

    def add_consumer(self, name: str) -> str:
        """Returns the consumer's password, which is generated unless it exists. Raises BusMisconfigured for an unusable
        name."""
        consumer_login(name)
        with self._changing() as passwords:
            return passwords.consumers.setdefault(name, _new_password())

    def remove_consumer(self, name: str) -> None:
        with self._changing() as passwords:
            passwords.consumers.pop(name, None)

    @contextmanager
    def _changing(self) -> Generator[_Passwords]:
        with os.fdopen(os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            passwords = self._read()
            yield passwords
            write_private(self._file, msgspec.json.format(msgspec.json.encode(passwords)).decode())
            write_private(self._names, "".join(f"{name}\n" for name in passwords.consumers))

    def _read(self) -> _Passwords:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Passwords)
        except FileNotFoundError:
            return _Passwords()
        except msgspec.DecodeError as error:
            raise StackError(
                f"{self._file} is damaged ({error}); delete it, and new passwords are generated at the next start"
            ) from error


def _new_password() -> str:
    return secrets.token_urlsafe(24)
