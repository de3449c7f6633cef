"""`assay workers token` and `assay consumers token` without a stack."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from assay.artifacts import unpack_text
from assay.cli.errors import FAILED, OK, USAGE
from tests.cli.harness import ROOT, run_assay

DEPLOYMENT = {
    "ASSAY_NATS_URL": "nats://bus:4222",
    "ASSAY_NATS_PASSWORD": "secret",
    "ASSAY_ARTIFACTS_URL": "s3://bucket",
    "OPENAI_API_KEY": "canary-key",
}


def test_the_bus_and_the_store_of_the_environment_are_used_without_a_stack(tmp_path: Path) -> None:
    result = run_assay(tmp_path, "workers", "token", "judge", "--json", **DEPLOYMENT)
    assert result.code == OK, result.err
    assert result.data == {
        "ASSAY_NATS_USER": "judge",
        **{name: value for name, value in DEPLOYMENT.items() if name != "OPENAI_API_KEY"},
    }


def test_a_runners_settings_contain_its_catalogue_and_no_provider_key(tmp_path: Path) -> None:
    arguments = ("workers", "token", "--bus", "tls://other:4222", "--artifacts", "gs://other", "--out", "worker.env")
    assert run_assay(tmp_path, *arguments, **DEPLOYMENT).code == OK
    text = (tmp_path / "worker.env").read_text()
    settings = dict(line.split("=", 1) for line in text.splitlines())
    assert (tmp_path / "worker.env").stat().st_mode & 0o077 == 0
    assert "canary-key" not in text
    assert (settings["ASSAY_NATS_URL"], settings["ASSAY_ARTIFACTS_URL"]) == ("tls://other:4222", "gs://other")
    content = unpack_text(settings["ASSAY_CATALOG_CONTENT"])
    assert content["models.yaml"] == (ROOT / "catalog" / "models.yaml").read_bytes()
    assert {"scripted/mixed.yaml", "tasks/add_two/name-only"} <= content.keys()


@pytest.mark.parametrize(
    ("command", "code", "expected"),
    [
        (("workers", "token"), FAILED, "ASSAY_NATS_URL, ASSAY_NATS_PASSWORD, ASSAY_ARTIFACTS_URL"),
        (("workers", "token", "--bus", "nats://bus"), FAILED, "lacks ASSAY_NATS_PASSWORD, ASSAY_ARTIFACTS_URL"),
        (("workers", "token", "ledger"), USAGE, "runner"),
        (("serve", "runner", "--settings", "none.env"), USAGE, "assay workers token --out none.env"),
        (("consumers", "token", "billing"), FAILED, "start it with `assay up`"),
        (("consumers", "remove", "billing"), USAGE, "assay consumers list"),
    ],
)
def test_a_refusal_says_what_to_do(tmp_path: Path, command: tuple[str, ...], code: int, expected: str) -> None:
    result = run_assay(tmp_path, *command)
    assert (result.code, expected in result.err) == (code, True), result.err
    assert "Traceback" not in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_that_is_too_large_for_a_settings_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalog" / "tasks").mkdir(parents=True)
    (tmp_path / "catalog" / "models.yaml").write_bytes(random.Random(1).randbytes(200_000))
    result = run_assay(tmp_path, "workers", "token", ASSAY_CATALOG=str(tmp_path / "catalog"), **DEPLOYMENT)
    assert result.code == FAILED
    assert "copy the catalogue" in result.err and "at most 100,000" in result.err
