"""What the gateway is told by its environment, all of it prefixed ``ASSAY_``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from assay.bus.settings import BusEnvironment

MIN_GRACE_HOURS = 36.0
"""An attempt may take a day, and its report has to arrive."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_WILDCARD_HOSTS = ("0.0.0.0", "::", "")  # noqa: S104
CommaSeparated = Annotated[frozenset[str], NoDecode]
"""Words separated by commas."""


class Settings(BusEnvironment):
    """``allowed_hosts`` are further names this gateway is reached by (without port); ``allowed_origins`` are pages of
    other origins that may use it, written like ``https://bench.example.org``."""

    artifacts_url: str = ".assay/artifacts"
    catalog: Path = Path("catalog")
    web: Path = Path("web/dist")
    gateway_host: str = "127.0.0.1"
    gateway_port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    retention_days: Annotated[float, Field(gt=0)] | None = None
    """What attempts left is given up so long after their run ended, and what nobody refers to is deleted, every six
    hours; None leaves that to ``assay artifacts gc``. Rows, verdicts and costs stay."""
    retention_grace_hours: Annotated[float, Field(ge=MIN_GRACE_HOURS)] = 72.0
    """Content that nobody refers to is kept so long: somebody may be about to."""
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
        """Names and addresses this gateway is asked by, without ports."""
        bound = {self.gateway_host} if self.gateway_host not in _WILDCARD_HOSTS else set[str]()
        return LOOPBACK | self.allowed_hosts | bound

    @property
    def requires_token(self) -> bool:
        """Whether a token is needed."""
        return bool(self.token.get_secret_value())

    @model_validator(mode="after")
    def _require_token_beyond_loopback(self) -> Self:
        if not self.requires_token and not is_loopback(self.gateway_host):
            raise ValueError(
                f"ASSAY_GATEWAY_HOST is {self.gateway_host}, which others can reach, and no ASSAY_TOKEN is set: "
                "set a token of your own choosing, or bind 127.0.0.1"
            )
        return self


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
