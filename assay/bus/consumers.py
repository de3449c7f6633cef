"""Logins of external consumers, which can read facts and do nothing else (decision 26).

A login has one durable pull consumer on the facts stream, with the same name. Each login is in a NATS account of its
own: a JetStream request contains the subject to which the server sends its reply, so a login that shared the services'
account could have facts delivered to any subject of the work plane.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from assay.bus.errors import BusMisconfigured
from assay.bus.streams import FACTS_STREAM
from assay.bus.subjects import inbox_prefix

CONSUMER_API = "assay.api"
"""The prefix of consumers' JetStream requests; ``$JS.API`` belongs to their own account, which has no streams."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_PREFIX = "consumer-"
_ACK_WAIT_SECONDS = 10
_MAX_ACK_PENDING = 1000
_MAX_WAIT_SECONDS = 60
_SECOND = 1_000_000_000


def consumer_login(name: str) -> str:
    """The user name of a consumer's login, which is also the name of its durable consumer. Raises BusMisconfigured for
    an unusable name."""
    if not _NAME.fullmatch(name):
        raise BusMisconfigured(
            f"{name!r} is no name for a consumer: use up to 32 lower-case letters, digits and hyphens, for example "
            "'billing'"
        )
    return f"{_PREFIX}{name}"


def read_consumers(file: Path | None) -> tuple[str, ...]:
    """The names in the file, one per line; none if there is no file. Raises BusMisconfigured for an unusable name."""
    if file is None or not file.exists():
        return ()
    names = tuple(line.strip() for line in file.read_text().splitlines() if line.strip())
    for name in names:
        consumer_login(name)
    return names


def consumer_config(name: str) -> dict[str, Any]:
    """The durable consumer in JetStream's format: it starts with the oldest fact in the stream and delivers facts in
    order until they are acknowledged. It has no ``deliver_subject``, so the server sends nothing without a request."""
    login = consumer_login(name)
    return {
        "durable_name": login,
        "name": login,
        "ack_policy": "explicit",
        "ack_wait": _ACK_WAIT_SECONDS * _SECOND,
        "max_deliver": -1,
        "max_ack_pending": _MAX_ACK_PENDING,
        "max_expires": _MAX_WAIT_SECONDS * _SECOND,
        "max_waiting": 64,
        "deliver_policy": "all",
    }


def exported_services() -> tuple[tuple[str, bool], ...]:
    """The subjects that the services' account exports to consumers' accounts, and whether a request on it has several
    replies."""
    return (
        (f"$JS.API.CONSUMER.INFO.{FACTS_STREAM}.*", False),
        (f"$JS.API.CONSUMER.MSG.NEXT.{FACTS_STREAM}.*", True),
        (f"$JS.ACK.{FACTS_STREAM}.*.>", False),
    )


def imported_services(name: str) -> dict[str, str]:
    """What a consumer's account imports: the subjects that its login publishes on, by the services' subjects."""
    login = consumer_login(name)
    ack = f"$JS.ACK.{FACTS_STREAM}.{login}.>"
    requests = (f"CONSUMER.INFO.{FACTS_STREAM}.{login}", f"CONSUMER.MSG.NEXT.{FACTS_STREAM}.{login}")
    return {**{f"$JS.API.{request}": f"{CONSUMER_API}.{request}" for request in requests}, ack: ack}


def replies(name: str) -> str:
    """The only subjects that a consumer can subscribe to."""
    return f"{inbox_prefix(consumer_login(name))}.>"
