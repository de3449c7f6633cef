"""Topics: ``runs``, ``run:<id>``, ``attempt:<id>``, ``leaderboard``, ``leaderboard:<suite>``."""

from __future__ import annotations

RUNS = "runs"


def topic_kind(topic: str) -> str:
    return topic.partition(":")[0]


def topic_key(topic: str) -> str:
    """The part after the colon; empty without one."""
    return topic.partition(":")[2]
