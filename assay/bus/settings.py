"""Settings for the connection to the bus."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from assay.bus.subjects import inbox_prefix


@dataclass(frozen=True, kw_only=True)
class BusSettings:
    """``url`` starts with ``nats://`` or ``tls://``. ``user`` determines the permissions (permissions.py). ``name``
    identifies the process in the server's connection list. ``monitor_url`` (``http://host:8222``) is needed only if the
    server does not provide its storage report over the bus."""

    url: str = "nats://127.0.0.1:4222"
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = "assay"
    monitor_url: str = ""
    connect_timeout_seconds: float = 30.0
    facts_max_age_days: float = 7.0
    consumers_file: Path | None = None
    """Names of external consumers, one per line, whose durable consumers ``provision`` creates (consumers.py)."""

    @property
    def inbox_prefix(self) -> str:
        """The prefix of reply subjects."""
        return inbox_prefix(self.user)


class BusEnvironment(BaseSettings):
    """The bus settings of a service, from environment variables (prefix ``ASSAY_``)."""

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
