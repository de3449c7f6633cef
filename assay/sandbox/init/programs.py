"""The programs that are copied into sandboxes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from assay.sandbox import init

_PARTS = {"init.py": ("resource_watch.py", "init.py"), "container_init.py": ("container_init.py",)}


@cache
def init_programs() -> dict[str, bytes]:
    """By file name, each made of its parts, because the interpreter inside has no folder to import from."""
    folder = Path(init.__path__[0])
    return {name: b"\n".join((folder / part).read_bytes() for part in parts) for name, parts in _PARTS.items()}
