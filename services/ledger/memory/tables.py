"""Tables in memory. A row is a mapping with the names of the columns in ``services/ledger/tables``."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

Row = dict[str, Any]
Undo = Callable[[], None]


class Table:
    """Rows by key. A row is never changed in place but replaced, so whoever read it keeps what was read. ``group``
    names a column by which rows are also found together."""

    def __init__(self, undo: list[Undo], group: str = "") -> None:
        self._undo = undo
        self._group = group
        self._rows: dict[Hashable, Row] = {}
        self._groups: dict[Hashable, dict[Hashable, None]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def get(self, key: Hashable) -> Row | None:
        return self._rows.get(key)

    def __getitem__(self, key: Hashable) -> Row:
        return self._rows[key]

    def of(self, group: Hashable) -> list[Row]:
        """The rows of one group, in the order in which they came."""
        return [self._rows[key] for key in self._groups.get(group, ())]

    def insert(self, key: Hashable, row: Row) -> Row:
        """Raises KeyError for a key that is taken."""
        if key in self._rows:
            raise KeyError(f"there is a row {key!r} already")
        self._put(key, row)
        return row

    def change(self, key: Hashable, **columns: Any) -> Row:
        """The new row."""
        row = {**self._rows[key], **columns}
        self._put(key, row)
        return row

    def delete(self, key: Hashable) -> None:
        """What is not there needs no deleting."""
        if key in self._rows:
            old = self._rows.pop(key)
            if self._group:
                del self._groups[old[self._group]][key]
            self._undo.append(lambda: self._restore(key, old))

    def _put(self, key: Hashable, row: Row) -> None:
        old = self._rows.get(key)
        self._undo.append(lambda: self._restore(key, old))
        self._restore(key, row)

    def _restore(self, key: Hashable, row: Row | None) -> None:
        if row is None:
            gone = self._rows.pop(key)
            if self._group:
                del self._groups[gone[self._group]][key]
            return
        self._rows[key] = row
        if self._group:
            self._groups.setdefault(row[self._group], {})[key] = None
