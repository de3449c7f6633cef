"""How failed requests are retried, and for how long requests wait for a model that does not answer."""

from __future__ import annotations

import random

import msgspec


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Exponential backoff with jitter.

    A request whose failure may be its own fault is sent at most ``max_requests`` times, one that may be billed at most
    ``max_billed_requests`` times. Failures of the provider as a whole are not counted: such a request waits as long as
    its run may last, within ``max_outage_seconds``. It waits only ``max_unseen_seconds`` if the run's time is unknown
    or the provider was never seen alive."""

    max_requests: int = 8
    max_billed_requests: int = 4
    initial_wait_seconds: float = 0.5
    max_wait_seconds: float = 15.0
    jitter_seconds: float = 0.5
    initial_billed_wait_seconds: float = 8.0
    max_billed_wait_seconds: float = 30.0
    """Longer, so that few requests are paid for during an outage."""
    max_outage_seconds: float | None = None
    max_unseen_seconds: float = 900.0

    def wait_seconds(self, failures: int, *, billed: bool = False) -> float:
        """The wait after so many failures in a row."""
        initial = self.initial_billed_wait_seconds if billed else self.initial_wait_seconds
        longest = self.max_billed_wait_seconds if billed else self.max_wait_seconds
        return min(longest, initial * 2 ** min(failures - 1, 30)) + random.uniform(0, self.jitter_seconds)


RETRY_POLICY = RetryPolicy()
