"""Caches values loaded from disk until their files change."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog

from assay.catalog.errors import InvalidCatalog, Mistake
from assay.catalog.tasks.folder import fingerprint

_log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """The result of loading: a value or an error."""

    value: T | None
    error: InvalidCatalog | None = None

    def get(self) -> T:
        if self.error is not None:
            raise InvalidCatalog(self.error.mistakes)
        assert self.value is not None
        return self.value


@dataclass(slots=True)
class _Entry:
    loaded: Loaded[Any]
    fingerprint: Hashable
    depends_on: Hashable
    checked_at: float


class FileCache:
    """Values by path. A path is checked for changes at most every ``recheck_seconds``."""

    def __init__(self, recheck_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._recheck_seconds = recheck_seconds
        self._clock = clock
        self._entries: dict[Path, _Entry] = {}

    def get(self, path: Path, load: Callable[[], T], depends_on: Hashable = None) -> Loaded[T]:
        """The result of ``load``, which is called again when the file or folder changes, or ``depends_on``, which holds
        everything else the value depends on."""
        entry = self._entries.get(path)
        now = self._clock()
        if entry and entry.depends_on == depends_on and entry.checked_at + self._recheck_seconds > now:
            return entry.loaded
        found = fingerprint(path)
        unchanged = entry is not None and (entry.fingerprint, entry.depends_on) == (found, depends_on)
        loaded = entry.loaded if entry and unchanged else _load(path, load)
        self._entries[path] = _Entry(loaded, found, depends_on, now)
        return loaded


def _load(path: Path, load: Callable[[], T]) -> Loaded[T]:
    """One file that cannot be loaded, for whatever reason, must not affect the others."""
    try:
        return Loaded(load())
    except InvalidCatalog as error:
        return Loaded(None, error)
    except OSError as error:
        place = Path(error.filename or "").name or "the catalogue"
        return Loaded(None, InvalidCatalog([Mistake(file=place, message=f"cannot be read: {error.strerror}")]))
    except Exception as error:
        _log.exception("catalog.load_failed", path=str(path))
        message = f"cannot be loaded, because of an error in Assay: {type(error).__name__}: {error}"
        return Loaded(None, InvalidCatalog([Mistake(file=path.name, message=message)]))
