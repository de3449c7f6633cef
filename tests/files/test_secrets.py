"""Settings and provider keys from files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from assay.catalog import Catalog
from assay.files.secrets import SecretUnreadable, read_secret
from services.gateway.settings import Settings
from services.ledger.settings import LedgerSettings
from services.runner.errors import CallMisconfigured
from services.runner.models.registry import ModelRegistry

CATALOG = Path(__file__).parents[2] / "catalog"


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("ASSAY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ASSAY_SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_files_supply_settings_and_the_environment_takes_precedence(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets / "assay_nats_password").write_text("from-a-file\n")
    (secrets / "assay_token").write_text("token")
    (secrets / "assay_allowed_hosts").write_text("a.example, b.example")
    monkeypatch.setenv("ASSAY_NATS_USER", "gateway")
    settings = Settings()
    assert settings.nats_password.get_secret_value() == "from-a-file"
    assert settings.token.get_secret_value() == "token"
    assert {"a.example", "b.example"} < settings.hosts
    monkeypatch.setenv("ASSAY_NATS_PASSWORD", "from-the-environment")
    assert Settings().nats_password.get_secret_value() == "from-the-environment"


@pytest.mark.parametrize(
    ("variable", "value", "settings"),
    [
        ("ASSAY_NATS_USER", "gateway", Settings),
        ("ASSAY_GATEWAY_HOST", "0.0.0.0", Settings),
        ("ASSAY_NATS_URL", "nats://bus:4222", LedgerSettings),
    ],
)
def test_a_missing_secret_is_an_error_that_names_its_file(
    secrets: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, settings: type[Settings]
) -> None:
    missing = {"ASSAY_NATS_USER": "nats_password", "ASSAY_GATEWAY_HOST": "token"}.get(variable, "database_url")
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError, match=str(secrets / f"assay_{missing}")):
        settings()


def test_an_unreadable_secret_is_an_error_that_names_its_file(secrets: Path) -> None:
    (secrets / "assay_database_url").mkdir()
    with pytest.raises(SecretUnreadable, match=f"cannot read the secret {secrets / 'assay_database_url'}: Is a dir"):
        LedgerSettings()
    (secrets / "openai_api_key").write_bytes(b"\xff\xfe")
    with pytest.raises(SecretUnreadable, match="openai_api_key: it is not text"):
        read_secret("OPENAI_API_KEY")


async def test_a_provider_key_can_be_a_file(secrets: Path) -> None:
    models = ModelRegistry(Catalog.open(CATALOG), cast(Any, None))
    with pytest.raises(CallMisconfigured, match=f"set GROQ_API_KEY .or the file {secrets / 'groq_api_key'}"):
        await models.open("groq/a-model", "", "")
    (secrets / "groq_api_key").write_text("sk-1\n")
    await models.open("groq/a-model", "", "")
    await models.close()
