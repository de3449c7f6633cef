"""Assay: the library shared by all services, the command line and the embedded stack."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without(package: str) -> Generator[None]:
    """Hide an installed package from the libraries imported in this block. Some libraries import optional packages
    whenever they are installed, which slows down the start of every process, even if it never uses them."""
    modules: dict[str, Any] = sys.modules
    hidden = modules.setdefault(package, None) is None
    try:
        yield
    finally:
        if hidden:
            del modules[package]
