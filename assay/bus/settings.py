"""What a service must know to reach the bus."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class BusSettings:
    """``user`` decides what may be done (see permissions.py); ``name`` tells one process from another in the server's
    lists. ``monitor_url`` (``http://host:8222``) is only needed where the server does not let the ledger read its
    storage settings over the bus itself."""

    url: str = "nats://127.0.0.1:4222"
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = "assay"
    monitor_url: str = ""
    connect_timeout_seconds: float = 30.0
    facts_max_age_days: float = 7.0

    @property
    def inbox_prefix(self) -> str:
        """Replies come below it; every user has one of its own, so that no other user can listen in."""
        return inbox_prefix(self.user)


def inbox_prefix(user: str) -> str:
    return f"_INBOX_{user}" if user else "_INBOX"
