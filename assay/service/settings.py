"""Settings of the endpoint that every service opens for Prometheus and for probes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EndpointEnvironment(BaseSettings):
    """``ASSAY_METRICS_PORT`` 0, the default, opens no endpoint. It needs no token, so bind it to other hosts only where
    a network policy or a firewall protects it."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_", frozen=True, extra="ignore", hide_input_in_errors=True)

    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 0
