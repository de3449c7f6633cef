"""Settings for the connection to the bus."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from assay.bus.subjects import inbox_prefix
from assay.files.secrets import read_file as read_secret_file
from assay.files.secrets import secret_file, sources_of


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


class SecretFiles(PydanticBaseSettingsSource):
    """Settings from the files in ``ASSAY_SECRETS_DIR`` (assay.files.secrets)."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        file = secret_file(f"{self.config.get('env_prefix', '')}{field_name}")
        return (read_secret_file(file) if file and file.exists() else None), field_name, self.field_is_complex(field)

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, info in self.settings_cls.model_fields.items():
            value, _, is_complex = self.get_field_value(info, name)
            if value is not None:
                found[name] = self.prepare_field_value(name, info, value, is_complex)
        return found


class BusEnvironment(BaseSettings):
    """The bus settings of a service, from environment variables (prefix ``ASSAY_``) and files in
    ``ASSAY_SECRETS_DIR``."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_", frozen=True, extra="ignore", hide_input_in_errors=True)

    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str = ""
    nats_password: SecretStr = SecretStr("")
    nats_monitor_url: str = ""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (named["init_settings"], named["env_settings"], SecretFiles(settings_cls))

    @model_validator(mode="after")
    def _require_password(self) -> Self:
        if self.nats_user and secret_file("ASSAY_NATS_PASSWORD") and not self.nats_password.get_secret_value():
            raise ValueError(
                f"the bus has a user, {self.nats_user}, but no password: set {sources_of('ASSAY_NATS_PASSWORD')}"
            )
        return self

    def bus(self, name: str) -> BusSettings:
        return BusSettings(
            url=self.nats_url,
            user=self.nats_user,
            password=self.nats_password.get_secret_value(),
            name=name,
            monitor_url=self.nats_monitor_url,
        )
