"""What every process of Assay shares."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without(package: str) -> Generator[None]:
    """Libraries imported inside find that package not installed, as in the image of a single service. Some take on
    whatever they find; where all parts are installed together, each process would load what it never uses."""
    modules: dict[str, Any] = sys.modules
    hidden = modules.setdefault(package, None) is None
    try:
        yield
    finally:
        if hidden:
            del modules[package]
