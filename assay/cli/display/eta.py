"""How long a followed run will take."""

from __future__ import annotations

import time
from collections.abc import Callable

from assay.cli.quantities import duration_text
from assay.contracts.runs import Progress

_MIN_DONE = 3
_MIN_SECONDS = 5.0


class Eta:
    """Estimates from the attempts that finished since the first call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: tuple[float, int] | None = None

    def text(self, progress: Progress) -> str:
        """``about 3 min left``; empty while too little is known, and at the end."""
        now = self._clock()
        began, done_before = self._began = self._began or (now, progress.done)
        done, left = progress.done - done_before, progress.total - progress.done
        if done < _MIN_DONE or now - began < _MIN_SECONDS or not left:
            return ""
        return f"about {duration_text(_rounded((now - began) / done * left))} left"


def _rounded(seconds: float) -> float:
    """To seconds below a minute, to minutes above."""
    return max(1.0, round(seconds)) if seconds < 60 else 60.0 * round(seconds / 60)
