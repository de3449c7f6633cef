"""What a service must know to reach the bus."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from assay.bus.subjects import inbox_prefix


@dataclass(frozen=True, kw_only=True)
class BusSettings:
    """``url`` is ``nats://`` or ``tls://``; ``user`` decides what may be done (see permissions.py); ``name`` tells one
    process from another in the server's lists. ``monitor_url`` (``http://host:8222``) is only needed where the server
    does not let the ledger read its storage settings over the bus itself."""

    url: str = "nats://127.0.0.1:4222"
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = "assay"
    monitor_url: str = ""
    connect_timeout_seconds: float = 30.0
    facts_max_age_days: float = 7.0

    @property
    def inbox_prefix(self) -> str:
        """Where replies come."""
        return inbox_prefix(self.user)


class BusEnvironment(BaseSettings):
    """What every service is told of the bus by its environment (prefix ``ASSAY_``)."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_", frozen=True, extra="ignore", hide_input_in_errors=True)

    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str = ""
    nats_password: SecretStr = SecretStr("")
    nats_monitor_url: str = ""

    def bus(self, name: str) -> BusSettings:
        return BusSettings(
            url=self.nats_url,
            user=self.nats_user,
            password=self.nats_password.get_secret_value(),
            name=name,
            monitor_url=self.nats_monitor_url,
        )
