"""Settings of the runner, from the environment (prefix ``ASSAY_``). Keys of providers are not among them: they are read
from the variables that the catalogue's ``models.yaml`` names, when a provider is first asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runner.models.openai import SILENCE_SECONDS


class RunnerSettings(BaseSettings):
    """``runner_slots`` attempts are made at once. A model that says nothing for ``call_silence_seconds`` has timed out.
    ``sandbox`` ``process`` isolates nothing."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_", frozen=True, extra="ignore")

    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str = ""
    nats_password: SecretStr = SecretStr("")
    artifacts_url: str = ".assay/artifacts"
    catalog: Path = Path("catalog")
    pool: str = "default"
    sandbox: str = "bubblewrap"
    runner_slots: Annotated[int, Field(ge=1, le=10_000)] = 32
    call_silence_seconds: Annotated[float, Field(gt=0)] = SILENCE_SECONDS
