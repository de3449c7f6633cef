"""Settings of the judge, from the environment (prefix ``ASSAY_``)."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class JudgeSettings(BaseSettings):
    """``slots`` attempts are graded at once, of which ``test_slots`` may run tests in sandboxes."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_", extra="ignore")

    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str = ""
    nats_password: str = Field(default="", repr=False)
    artifacts_url: str = ".assay/artifacts"
    pool: str = "default"
    sandbox: str = "bubblewrap"
    judge_slots: int = 64
    judge_test_slots: int = 2
    judge_hidden_bundles: int = 64
    """How many tasks' hidden bundles are kept in memory."""
