"""How the ledger brings streams and queues into being."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.bus.errors import ApiRefused, BusMisconfigured, Missing
from assay.bus.nats.connection import Connection
from assay.bus.nats.server.api import call
from assay.bus.protocol import Queue
from assay.bus.streams import queue_config, stream_configs, stream_of

_FIXED = ("retention", "storage")
"""What cannot change once there are messages."""


async def provision(connection: Connection, queues: Sequence[Queue[Any]]) -> None:
    """Idempotent. Raises BusMisconfigured for what exists already and is too different to be changed."""
    for config in stream_configs(connection.settings.facts_max_age_days):
        await _provide_stream(connection, config)
    for queue in queues:
        await _provide_queue(connection, queue)


async def _provide_stream(connection: Connection, wanted: dict[str, Any]) -> None:
    name = wanted["name"]
    try:
        existing = (await call(connection, f"STREAM.INFO.{name}"))["config"]
    except Missing:
        await call(connection, f"STREAM.CREATE.{name}", wanted)
        return
    changed = {key: value for key, value in wanted.items() if existing.get(key) != value}
    if fixed := [key for key in _FIXED if key in changed]:
        raise _too_different(name, fixed, existing, wanted)
    if changed:
        try:
            await call(connection, f"STREAM.UPDATE.{name}", {**existing, **changed})
        except ApiRefused as error:
            raise _too_different(name, list(changed), existing, wanted) from error


async def _provide_queue(connection: Connection, queue: Queue[Any]) -> None:
    stream = stream_of(queue.subject)
    endpoint = f"CONSUMER.CREATE.{stream}.{queue.name}.{queue.subject}"
    try:
        await call(connection, endpoint, {"stream_name": stream, "config": queue_config(queue)})
    except ApiRefused as error:
        raise BusMisconfigured(
            f"queue {queue.name!r} over {queue.subject!r} cannot be made on stream {stream}: {error}. A consumer "
            "of that name or over that subject exists with other settings; delete it and start the ledger again"
        ) from error


def _too_different(name: str, fields: list[str], existing: dict[str, Any], wanted: dict[str, Any]) -> BusMisconfigured:
    differences = ", ".join(f"{field} is {existing.get(field)!r}, must be {wanted[field]!r}" for field in fields)
    return BusMisconfigured(
        f"stream {name} exists with settings that cannot be changed: {differences}. Delete the stream and start the "
        "ledger again: Postgres is the truth and what is missing is published anew"
    )
