"""The command that writes a server's configuration from a folder of passwords."""

from __future__ import annotations

import asyncio
import stat
import urllib.request
from pathlib import Path

import pytest

from assay.bus.errors import BusForbidden
from assay.bus.nats.bus import connect
from assay.bus.nats.connection import Connection
from assay.bus.nats.server.write_config import main
from tests.bus.nats_server import ServerProcess

SERVICES = ("gateway", "ledger", "runner", "judge")


def write(passwords: Path, server: ServerProcess, *options: str) -> int:
    store, monitor = str(server.store), server.monitor_url.rpartition(":")[2]
    addresses = ["--host", "127.0.0.1", "--port", str(server.port), "--monitor-host", "127.0.0.1"]
    paths = ["--passwords", str(passwords), "--out", str(server.config), "--store", store]
    return main([*paths, *addresses, "--monitor-port", monitor, *options])


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    folder = tmp_path / "passwords"
    folder.mkdir()
    for user in SERVICES:
        (folder / user).write_text(f'{user} "secret"\n')
    return folder


async def test_a_server_accepts_exactly_the_logins_in_the_folder(tmp_path: Path, passwords: Path) -> None:
    (tmp_path / "consumers").mkdir()
    (tmp_path / "consumers" / "billing").write_text("billing-secret")
    server = ServerProcess(tmp_path)
    assert write(passwords, server, "--consumers", str(tmp_path / "consumers")) == 0
    assert stat.S_IMODE(server.config.stat().st_mode) == 0o640
    server.start()
    try:
        for user in SERVICES:
            await (await connect(server.settings(user, f'{user} "secret"'))).close()
        consumer = Connection(server.settings("consumer-billing", "billing-secret"))
        await consumer.open()
        await consumer.close()
        for user, password in (("runner", "another"), ("observer", "observer-secret")):
            with pytest.raises(BusForbidden):
                await connect(server.settings(user, password))
        answer = await asyncio.to_thread(urllib.request.urlopen, f"{server.monitor_url}/healthz")
        assert answer.status == 200
    finally:
        server.stop()


def test_a_missing_and_an_empty_password_are_named(
    tmp_path: Path, passwords: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = ServerProcess(tmp_path)
    (passwords / "judge").unlink()
    assert write(passwords, server) == 1
    assert f"no password for judge: {passwords} needs a file" in capsys.readouterr().err
    (passwords / "judge").write_text(" \n")
    assert write(passwords, server) == 1
    assert f"the password in {passwords / 'judge'} is empty" in capsys.readouterr().err
