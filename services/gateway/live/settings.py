"""Intervals and limits of live updates; tests shorten them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveSettings:
    """``idle_seconds``: a watched run without facts for this long is checked against the ledger; the wait doubles after
    each check."""

    tick_seconds: float = 0.25
    leaderboard_seconds: float = 1.0
    refresh_seconds: float = 10.0
    health_seconds: float = 3.0
    idle_seconds: float = 5.0
    reorder_seconds: float = 0.02
    retry_seconds: float = 1.0
    stall_seconds: float = 10.0
    tail_seconds: float = 0.05
    backlog_seconds: float = 1.0
    """How long lines wait for those that were sent before the client subscribed."""
    max_queued_bytes: int = 4 * 1024 * 1024
    """Facts and lines queued for one client, over all its topics."""
    max_tail_bytes: int = 512 * 1024
    """Lines queued for one client, per topic."""
    max_replay: int = 5_000
    """A client that missed more facts of a run than this gets a snapshot instead."""
    max_subscriptions: int = 100
    max_connections: int = 1_000
