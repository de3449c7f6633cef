"""Where the ledger finds its master key, and what it says when it cannot use it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyrings.alt.file import PlaintextKeyring

from services.ledger.errors import MasterKeyInvalid
from services.ledger.providers.master_key import KEYRING_USER, read_master_keys
from services.ledger.settings import LedgerSettings

OLD, NEW = b"o" * 32, b"n" * 32
OLD_TEXT, NEW_TEXT = base64.b64encode(OLD).decode(), base64.b64encode(NEW).decode()


def read(**settings: Any) -> list[bytes]:
    return [key.secret for key in read_master_keys(LedgerSettings(**settings))]


def test_without_any_there_is_none() -> None:
    assert read() == []


def test_it_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_MASTER_KEY", f" {NEW_TEXT} ")
    assert read() == [NEW]


def test_it_is_read_from_the_folder_of_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "assay_master_key").write_text(f"{NEW_TEXT}\n")
    (tmp_path / "assay_database_url").write_text("postgresql://x/y")
    monkeypatch.setenv("ASSAY_SECRETS_DIR", str(tmp_path))
    assert read() == [NEW]


def test_it_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{NEW_TEXT}\n{OLD_TEXT}\n")
    assert read(master_key_file=tmp_path / "key") == [NEW, OLD]


def test_it_is_read_from_the_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    before = keyring.get_keyring()
    keyring.set_keyring(PlaintextKeyring())
    with pytest.raises(MasterKeyInvalid, match="keyring set assay master-key"):
        read(master_key_keyring="assay")
    keyring.set_password("assay", KEYRING_USER, NEW_TEXT)
    assert read(master_key_keyring="assay") == [NEW]
    keyring.set_keyring(before)


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"x" * 31).decode(), "not base64!" * 4, ","])
def test_one_that_cannot_be_used_is_not_shown(text: str) -> None:
    with pytest.raises(MasterKeyInvalid, match="openssl rand") as caught:
        read(master_key=text)
    assert text == "," or text not in str(caught.value)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyInvalid, match=r"gone.*No such file"):
        read(master_key_file=tmp_path / "gone")


def test_the_settings_do_not_show_it() -> None:
    assert NEW_TEXT not in repr(LedgerSettings(master_key=NEW_TEXT))
    assert "n" * 32 not in repr(read_master_keys(LedgerSettings(master_key=NEW_TEXT)))
