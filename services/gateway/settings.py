"""The gateway's settings, from environment variables prefixed ``ASSAY_``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from assay.bus.settings import BusEnvironment
from assay.files.secrets import sources_of
from assay.service.settings import EndpointEnvironment

MIN_GRACE_HOURS = 36.0
"""An attempt can take a day, plus the time until its report arrives."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_WILDCARD_HOSTS = ("0.0.0.0", "::", "")  # noqa: S104
CommaSeparated = Annotated[frozenset[str], NoDecode]


class Settings(BusEnvironment, EndpointEnvironment):
    """``allowed_hosts`` are further host names of this gateway, without port. ``allowed_origins`` are other origins
    whose pages may use it, such as ``https://bench.example.org``. Both are separated by commas."""

    artifacts_url: str = ".assay/artifacts"
    catalog: Path = Path("catalog")
    web: Path = Path("web/dist")
    gateway_host: str = "127.0.0.1"
    gateway_port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    retention_days: Annotated[float, Field(gt=0)] | None = None
    """Artifacts are deleted this many days after their run ended, and unreferenced content every six hours. None leaves
    both to ``assay artifacts gc``. Rows, verdicts and costs are kept."""
    retention_grace_hours: Annotated[float, Field(ge=MIN_GRACE_HOURS)] = 72.0
    """Unreferenced content younger than this is kept, because a run may be about to refer to it."""
    token: SecretStr = SecretStr("")
    allowed_hosts: CommaSeparated = frozenset()
    allowed_origins: CommaSeparated = frozenset()

    @field_validator("allowed_hosts", "allowed_origins", mode="before")
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        if isinstance(value, str):
            return frozenset(word.strip().lower().rstrip("/") for word in value.split(",") if word.strip())
        return value

    @property
    def hosts(self) -> frozenset[str]:
        """Accepted values of the Host header, without ports."""
        bound = {self.gateway_host} if self.gateway_host not in _WILDCARD_HOSTS else set[str]()
        return LOOPBACK | self.allowed_hosts | bound

    @property
    def requires_token(self) -> bool:
        return bool(self.token.get_secret_value())

    @model_validator(mode="after")
    def _require_token_beyond_loopback(self) -> Self:
        if not self.requires_token and not is_loopback(self.gateway_host):
            raise ValueError(
                f"ASSAY_GATEWAY_HOST is {self.gateway_host}, which other machines can reach, but ASSAY_TOKEN is not "
                f"set: set {sources_of('ASSAY_TOKEN')}, or bind 127.0.0.1"
            )
        return self


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
