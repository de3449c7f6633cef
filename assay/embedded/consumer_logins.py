"""Adds and removes logins of external consumers while the stack runs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from signal import SIGHUP

from assay.bus.consumers import CONSUMER_API, consumer_login
from assay.bus.errors import BusError, BusUnavailable, Missing
from assay.bus.nats.connection import Connection
from assay.bus.nats.server.api import call
from assay.bus.nats.server.provisioning import provision_consumer
from assay.bus.settings import BusSettings
from assay.bus.streams import FACTS_STREAM
from assay.embedded.data_folder import DataFolder
from assay.embedded.errors import StackError
from assay.embedded.nats_server import NatsServer
from assay.embedded.process_identity import find_process

_RELOAD_SECONDS = 20.0
_RETRY_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class ConsumerLogin:
    """What a consumer needs to connect."""

    url: str
    user: str
    password: str


class ConsumerLogins:
    """Raises StackError unless the stack of this data folder is running."""

    def __init__(self, folder: DataFolder) -> None:
        stack = folder.read_state()
        processes = {identity.name: identity for identity in stack.processes if find_process(identity) is not None}
        if "nats" not in processes:
            raise StackError(f"no stack is running on the data folder {folder.root}; start it with `assay up`")
        self._pid = processes["nats"].pid
        self._nats = NatsServer(folder, stack.ports["nats"])

    async def add(self, name: str) -> ConsumerLogin:
        """The consumer's login, created unless it exists. Returns once it works. Raises BusMisconfigured for an
        unusable name, StackError if the server does not accept the login."""
        password = self._nats.logins.add_consumer(name)
        login = ConsumerLogin(url=self._nats.url, user=consumer_login(name), password=password)
        async with self._operator() as connection:
            await _when_available(lambda: provision_consumer(connection, name))
        if not await _works(login):
            self._nats.write_accounts()
            await self._reload_until_it_works(login)
        return login

    async def remove(self, name: str) -> None:
        """Removes the login and its position in the stream, and closes its connections."""
        endpoint = f"CONSUMER.DELETE.{FACTS_STREAM}.{consumer_login(name)}"
        async with self._operator() as connection:
            with suppress(Missing):
                await _when_available(lambda: call(connection, endpoint))
        self._nats.logins.remove_consumer(name)
        self._nats.write_accounts()
        os.kill(self._pid, SIGHUP)

    async def _reload_until_it_works(self, login: ConsumerLogin) -> None:
        """nats-server 2.15 adds an account at the first reload, and connects what it imports at the second."""
        try:
            async with asyncio.timeout(_RELOAD_SECONDS):
                while True:
                    os.kill(self._pid, SIGHUP)
                    if await _works(login):
                        return
                    await asyncio.sleep(_RETRY_SECONDS)
        except TimeoutError as error:
            raise StackError(
                f"the bus did not accept the login {login.user} within {_RELOAD_SECONDS:.0f} s; "
                "its log, logs/nats.log in the data folder, says why"
            ) from error

    @asynccontextmanager
    async def _operator(self) -> AsyncGenerator[Connection]:
        password = self._nats.login("observer")["ASSAY_NATS_PASSWORD"]
        connection = Connection(BusSettings(url=self._nats.url, user="observer", password=password, name="assay-cli"))
        await connection.open()
        try:
            yield connection
        finally:
            await connection.close()


async def _when_available(request: Callable[[], Awaitable[object]]) -> None:
    """While the server reloads its accounts, it handles no requests for a moment."""
    deadline = time.monotonic() + _RELOAD_SECONDS
    while True:
        try:
            await request()
            return
        except BusUnavailable as error:
            if isinstance(error, Missing) or time.monotonic() > deadline:
                raise
            await asyncio.sleep(_RETRY_SECONDS)


async def _works(login: ConsumerLogin) -> bool:
    """Whether the login can reach its durable consumer."""
    connection = Connection(BusSettings(url=login.url, user=login.user, password=login.password, name="assay-cli"))
    try:
        await connection.open()
        subject = f"{CONSUMER_API}.CONSUMER.INFO.{FACTS_STREAM}.{login.user}"
        return b'"error"' not in (await connection.request(subject, b"", 2)).data
    except BusError:
        return False
    finally:
        await connection.close()
