"""Child processes that end with their parent, even if it is killed."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import partial

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent(orphan_signal: int) -> Callable[[], None] | None:
    """A ``preexec_fn``: the kernel signals the child when this process dies. None where the kernel cannot."""
    return partial(_die_with, os.getpid(), orphan_signal) if sys.platform == "linux" else None


def _die_with(parent: int, orphan_signal: int) -> None:
    """Runs in the child before its program."""
    _libc.prctl(_PR_SET_PDEATHSIG, orphan_signal)
    if os.getppid() != parent:
        os._exit(1)
