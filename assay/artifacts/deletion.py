"""Deleting old content that another process may be storing again at the same time.

In a folder, a file is first moved aside and checked again; if it has been renewed meanwhile, it is moved back. A
process that stores the content again writes a new file in its place, so one of the two survives. Object stores have no
such move: there the check is directly followed by the deletion.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import obstore
from obstore.store import ObjectStore

ASIDE = ".aside"
"""A folder next to the areas. It contains files only during a deletion, or after a crash during one."""


def delete_file(root: Path, key: str, before: datetime) -> bool:
    """Delete the file if it is older than ``before``; a file renewed meanwhile stays. Returns whether it was
    deleted."""
    path, aside = root / key, root / ASIDE / key.replace("/", "-")
    try:
        if path.stat().st_mtime >= before.timestamp():
            return False
        aside.parent.mkdir(exist_ok=True)
        path.rename(aside)
    except FileNotFoundError:
        return False
    return _delete_or_restore(aside, path, before)


def recover_files(root: Path, area: str, before: datetime) -> None:
    """Finish deletions that a crash interrupted: restore files newer than ``before``, delete the others."""
    for aside in (root / ASIDE).glob(f"{area}-*"):
        _delete_or_restore(aside, root / aside.name.replace("-", "/"), before)


def _delete_or_restore(aside: Path, path: Path, before: datetime) -> bool:
    """Concurrent calls for the same file are safe, because all decide alike."""
    old = True
    with suppress(FileNotFoundError):
        old = aside.stat().st_mtime < before.timestamp()
        if not old:
            with suppress(FileExistsError):
                os.link(aside, path)
        aside.unlink()
    return old


async def delete_object(backend: ObjectStore, key: str, before: datetime) -> bool:
    """Like ``delete_file``, but an object renewed between the check and the deletion is lost."""
    try:
        if (await obstore.head_async(backend, key))["last_modified"] >= before:
            return False
    except FileNotFoundError:
        return False
    await obstore.delete_async(backend, key)
    return True
