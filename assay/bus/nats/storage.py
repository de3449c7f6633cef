"""State and integrity of the JetStream store."""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from assay.bus.errors import ApiRefused, BusError, BusUnavailable
from assay.bus.nats.batch_publish import store_one
from assay.bus.nats.connection import Connection
from assay.bus.nats.delivery_metadata import DeliveryMetadata
from assay.bus.nats.pull_consumer import PullConsumer
from assay.bus.nats.server.api import call
from assay.bus.nats.server.durability import storage_problem
from assay.bus.protocol import Envelope, StreamState, Work
from assay.bus.queues import PINGS, REPORTS, Ping
from assay.bus.streams import FACTS_STREAM, REPORTS_STREAM, STREAMS

_PAGE = 1000
_READER_SECONDS = 10
_NO_MESSAGE = 10037


class JetStreamStorage:
    def __init__(self, connection: Connection, work: Work) -> None:
        self._connection, self._work = connection, work

    async def states(self) -> Sequence[StreamState]:
        return await asyncio.gather(*(self._state(stream) for stream in STREAMS))

    async def _state(self, stream: str) -> StreamState:
        info = await call(self._connection, f"STREAM.INFO.{stream}")
        state = info["state"]
        return StreamState(
            stream=stream,
            created=info["created"],
            first=state["first_seq"],
            last=state["last_seq"],
            missing=state.get("num_deleted", 0),
            size_bytes=state.get("bytes", 0),
        )

    async def fact_id(self, position: int) -> str:
        try:
            found = await call(self._connection, f"STREAM.MSG.GET.{FACTS_STREAM}", {"seq": position})
        except ApiRefused as error:
            if error.err_code == _NO_MESSAGE:
                return ""
            raise
        lines = b64decode(found["message"].get("hdrs", "")).decode(errors="replace").split("\r\n")
        return next((line.partition(": ")[2] for line in lines if line.startswith("Nats-Msg-Id:")), "")

    async def verify(self) -> Sequence[StreamState]:
        return [await self._verify(stream) for stream in STREAMS]

    async def _verify(self, stream: str) -> StreamState:
        """Read all positions and compare: the server silently skips messages that it finds damaged."""
        before = await self._state(stream)
        positions = await self._positions(before) if before.last >= before.first > 0 else []
        after = await self._state(stream)
        expected = range(max(before.first, after.first, 1), before.last + 1)
        missing = len(expected) - sum(position in expected for position in positions)
        return StreamState(stream=stream, created=after.created, first=after.first, last=after.last, missing=missing)

    async def _positions(self, state: StreamState) -> list[int]:
        """The positions of all readable messages up to the state's last one. Fetches only their headers."""
        name = f"reader-{secrets.token_hex(8)}"
        config: dict[str, Any] = {
            "name": name,
            "deliver_policy": "all",
            "ack_policy": "none",
            "headers_only": True,
            "inactive_threshold": _READER_SECONDS * 1_000_000_000,
            "mem_storage": True,
            "num_replicas": 1,
        }
        request = {"stream_name": state.stream, "config": config, "action": "create"}
        await call(self._connection, f"CONSUMER.CREATE.{state.stream}.{name}", request)
        consumer, positions = PullConsumer(self._connection, state.stream, name), list[int]()
        try:
            while (pulled := await consumer.pull(_PAGE, 0)).messages:
                positions.extend(DeliveryMetadata.of(message).position for message in pulled.messages)
                if positions[-1] >= state.last:
                    break
            if pulled.broken:
                raise BusUnavailable(f"the connection broke while {state.stream} was being verified")
        finally:
            await consumer.close()
        return positions

    async def round_trip(self, timeout_seconds: float) -> float:
        loop = asyncio.get_running_loop()
        began, name = loop.time(), secrets.token_hex(8)
        if not self._connection.connected:
            raise BusUnavailable(f"not connected to NATS at {self._connection.settings.url}")
        if problem := await storage_problem(self._connection):
            raise BusUnavailable(problem)
        try:
            async with asyncio.timeout(timeout_seconds):
                outcome = await store_one(
                    self._connection, Envelope.of(PINGS.subject, f"canary-{name}", Ping(mark=name))
                )
                if isinstance(outcome, BusError):
                    raise outcome
                await self._receive_ping(name)
        except TimeoutError as error:
            raise BusUnavailable(f"a message was not delivered within {timeout_seconds:g} s") from error
        return loop.time() - began

    async def _receive_ping(self, name: str) -> None:
        """Wait for this message; acknowledge older ones whose senders timed out."""
        while True:
            for delivery in await self._work.fetch(PINGS, 100, 5.0):
                await delivery.ack()
                if delivery.message.mark == name:
                    return

    async def purge_settled_reports(self) -> int:
        """Purging many messages costs as much as a single ack with JetStream's work-queue retention."""
        info = await self._reports_info()
        settled = int(info["ack_floor"]["stream_seq"])
        if not settled:
            return 0
        reply = await call(self._connection, f"STREAM.PURGE.{REPORTS_STREAM}", {"seq": settled + 1})
        return int(reply.get("purged", 0))

    async def waiting_reports(self) -> int:
        info = await self._reports_info()
        return int(info["num_pending"]) + int(info["num_ack_pending"])

    async def _reports_info(self) -> dict[str, Any]:
        return await call(self._connection, f"CONSUMER.INFO.{REPORTS_STREAM}.{REPORTS.name}")
