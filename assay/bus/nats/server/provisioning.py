"""Creating and updating streams and queues."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from assay.bus.consumers import consumer_config, consumer_login, read_consumers
from assay.bus.errors import ApiRefused, BusMisconfigured, Missing
from assay.bus.nats.connection import Connection
from assay.bus.nats.server.api import call
from assay.bus.protocol import Queue
from assay.bus.streams import FACTS_STREAM, queue_config, stream_configs, stream_of

_IMMUTABLE = ("retention", "storage")
"""Settings that cannot change once a stream has messages."""


async def provision(connection: Connection, queues: Sequence[Queue[Any]]) -> None:
    """Idempotent. Raises BusMisconfigured if something exists with settings that cannot be changed."""
    for config in stream_configs(connection.settings.facts_max_age_days):
        await _provision_stream(connection, config)
    await asyncio.gather(*(_provision_queue(connection, queue) for queue in queues))
    for name in read_consumers(connection.settings.consumers_file):
        await provision_consumer(connection, name)


async def provision_consumer(connection: Connection, name: str) -> None:
    """The durable consumer of an external consumer's login; an existing one keeps its position."""
    login = consumer_login(name)
    request = {"stream_name": FACTS_STREAM, "config": consumer_config(name)}
    try:
        await call(connection, f"CONSUMER.CREATE.{FACTS_STREAM}.{login}", request)
    except ApiRefused as error:
        raise BusMisconfigured(
            f"the durable consumer {login!r} cannot be created on stream {FACTS_STREAM}: {error}. One with other "
            "settings exists; delete it and try again"
        ) from error


async def _provision_stream(connection: Connection, wanted: dict[str, Any]) -> None:
    name = wanted["name"]
    try:
        existing = (await call(connection, f"STREAM.INFO.{name}"))["config"]
    except Missing:
        await call(connection, f"STREAM.CREATE.{name}", wanted)
        return
    changed = {key: value for key, value in wanted.items() if existing.get(key) != value}
    if immutable := [key for key in _IMMUTABLE if key in changed]:
        raise _incompatible(name, immutable, existing, wanted)
    if changed:
        try:
            await call(connection, f"STREAM.UPDATE.{name}", {**existing, **changed})
        except ApiRefused as error:
            raise _incompatible(name, list(changed), existing, wanted) from error


async def _provision_queue(connection: Connection, queue: Queue[Any]) -> None:
    stream = stream_of(queue.subject)
    endpoint = f"CONSUMER.CREATE.{stream}.{queue.name}.{queue.subject}"
    try:
        await call(connection, endpoint, {"stream_name": stream, "config": queue_config(queue)})
    except ApiRefused as error:
        raise BusMisconfigured(
            f"queue {queue.name!r} over {queue.subject!r} cannot be created on stream {stream}: {error}. A "
            "consumer with that name or subject exists with different settings; delete it and restart the ledger"
        ) from error


def _incompatible(name: str, fields: list[str], existing: dict[str, Any], wanted: dict[str, Any]) -> BusMisconfigured:
    differences = ", ".join(f"{field} is {existing.get(field)!r}, must be {wanted[field]!r}" for field in fields)
    return BusMisconfigured(
        f"stream {name} exists with settings that cannot be changed: {differences}. Delete the stream and restart "
        "the ledger, which publishes everything that is missing again from Postgres"
    )
