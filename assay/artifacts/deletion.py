"""Deleting content that somebody may be storing again at this moment.

In a folder a file is first moved aside, then looked at once more, and put back if it has become young: whoever stores
content writes a new file in its place, so one of the two survives. Object stores cannot move what they look at; there
the last look and the deletion are one right after the other.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import obstore
from obstore.store import ObjectStore

ASIDE = ".aside"
"""Folder beside the areas; it is empty but for the moment between two steps, or after a crash there."""


def delete_file(root: Path, key: str, before: datetime) -> bool:
    """Whether it is gone. A file that is younger stays, also one that becomes so meanwhile."""
    path, aside = root / key, root / ASIDE / key.replace("/", "-")
    try:
        if path.stat().st_mtime >= before.timestamp():
            return False
        aside.parent.mkdir(exist_ok=True)
        path.rename(aside)
    except FileNotFoundError:
        return False
    return _decide(aside, path, before)


def recover_files(root: Path, area: str, before: datetime) -> None:
    """What a crash left aside: back where it is young, gone where it is not."""
    for aside in (root / ASIDE).glob(f"{area}-*"):
        _decide(aside, root / aside.name.replace("-", "/"), before)


def _decide(aside: Path, path: Path, before: datetime) -> bool:
    """Another process may be deciding the same, and decides alike."""
    gone = True
    with suppress(FileNotFoundError):
        gone = aside.stat().st_mtime < before.timestamp()
        if not gone:
            with suppress(FileExistsError):
                os.link(aside, path)
        aside.unlink()
    return gone


async def delete_object(backend: ObjectStore, key: str, before: datetime) -> bool:
    """As ``discard_file``, but for the instant between the last look and the deletion."""
    try:
        if (await obstore.head_async(backend, key))["last_modified"] >= before:
            return False
    except FileNotFoundError:
        return False
    await obstore.delete_async(backend, key)
    return True
