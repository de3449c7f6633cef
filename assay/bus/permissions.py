"""Who may say and hear what on the bus: an allow-list per service, which the server enforces.

A runner cannot judge, a gateway can give no orders and state no facts, only the ledger can touch streams. Outsiders who
want facts are served by the gateway.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assay.bus.protocol import Queue
from assay.bus.queues import PINGS, REPORTS, orders_queues
from assay.bus.streams import DEAD_LETTER_STREAM, PING_SUBJECT, REPORTS_STREAM, STREAMS, stream_of
from assay.bus.subjects import SERVER_HEALTH, SERVER_REPORT, inbox_prefix
from assay.contracts import subjects
from assay.contracts.attempts import Stage
from assay.contracts.rpc import (
    LEDGER_REQUESTS,
    ClaimAttempts,
    Heartbeat,
    PreviewPrompt,
    ReleaseGrant,
    Request,
    ServeModel,
    TestModel,
    TopUpGrant,
)

USERS = ("gateway", "ledger", "runner", "judge", "modelhost", "observer")
_MONEY_REQUESTS: tuple[type[Request[Any]], ...] = (TopUpGrant, ReleaseGrant)
_WORKER_REQUESTS: tuple[type[Request[Any]], ...] = (ClaimAttempts, Heartbeat)
_TAILS = "assay.tail.v1.>"


@dataclass(frozen=True)
class Permissions:
    """Subjects (patterns) a user may publish on and subscribe to; everything else is refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def permissions(user: str, pools: Iterable[str] = ("default",)) -> Permissions:
    """``observer`` may do everything: it is for tests and for people who operate the system. All may ask whether the
    server syncs always; its report has names and sizes of streams, and no message."""
    pools = tuple(pools)
    if user == "observer":
        return Permissions(publish=(">",), subscribe=(">",))
    publish, subscribe = {
        "gateway": _gateway,
        "ledger": lambda: _ledger(pools),
        "runner": lambda: _runner(pools),
        "judge": lambda: _worker(Stage.JUDGE, pools),
        "modelhost": _modelhost,
    }[user]()
    return Permissions(publish=(*publish, SERVER_REPORT), subscribe=(*subscribe, f"{inbox_prefix(user)}.>"))


_Lists = tuple[tuple[str, ...], tuple[str, ...]]


def _gateway() -> _Lists:
    workers = (*_WORKER_REQUESTS, *_MONEY_REQUESTS)
    asks = (*(kind for kind in LEDGER_REQUESTS if kind not in workers), TestModel, PreviewPrompt)
    return _requests(asks), (subjects.FACTS, _TAILS)


def _runner(pools: tuple[str, ...]) -> _Lists:
    publish, subscribe = _worker(Stage.RUN, pools)
    asks = _requests([ServeModel, *_MONEY_REQUESTS])
    return (*publish, *asks, *_replies("gateway")), (*subscribe, *_requests([TestModel, PreviewPrompt]))


def _worker(stage: Stage, pools: tuple[str, ...]) -> _Lists:
    queues = [queue for pool in pools for queue in orders_queues(stage, pool)]
    publish = (
        *_requests(_WORKER_REQUESTS),
        f"assay.work.report.{stage}",
        _TAILS,
        *(subject for queue in queues for subject in _fetching(queue)),
    )
    return publish, ()


def _ledger(pools: tuple[str, ...]) -> _Lists:
    orders = tuple(queue.subject for stage in Stage for pool in pools for queue in orders_queues(stage, pool))
    queues = (*_fetching(REPORTS), *_fetching(PINGS))
    publish = (*orders, PING_SUBJECT, subjects.FACTS, *queues, *_provisioning(), *_examining(), SERVER_HEALTH)
    return (*publish, *_replies("gateway", "runner", "judge")), _requests(LEDGER_REQUESTS)


def _modelhost() -> _Lists:
    return _replies("gateway", "runner"), _requests([ServeModel])


def _requests(kinds: Iterable[type[Request[Any]]]) -> tuple[str, ...]:
    return tuple(subjects.rpc(kind) for kind in kinds)


def _replies(*users: str) -> tuple[str, ...]:
    return tuple(f"{inbox_prefix(user)}.>" for user in users)


def _fetching(queue: Queue[Any]) -> tuple[str, ...]:
    """To ask for a queue's messages, settle them (in both forms of JetStream's ack subjects), and bury them."""
    stream = stream_of(queue.subject)
    return (
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{queue.name}",
        f"$JS.ACK.{stream}.{queue.name}.>",
        f"$JS.ACK.*.*.{stream}.{queue.name}.>",
        subjects.dead_letter(queue.subject),
    )


def _provisioning() -> tuple[str, ...]:
    """To make streams and queues. No deleting."""
    verbs = tuple(f"$JS.API.STREAM.{verb}.{stream}" for verb in ("INFO", "CREATE", "UPDATE") for stream in STREAMS)
    return (*verbs, *(f"$JS.API.CONSUMER.CREATE.{stream}.>" for stream in STREAMS))


def _examining() -> tuple[str, ...]:
    """To read streams through, the dead among them, and to clear away the reports that are settled."""
    return (
        *(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.>" for stream in STREAMS),
        *(f"$JS.API.STREAM.MSG.GET.{stream}" for stream in STREAMS),
        f"$JS.API.CONSUMER.DELETE.{DEAD_LETTER_STREAM}.>",
        f"$JS.API.CONSUMER.INFO.{REPORTS_STREAM}.{REPORTS.name}",
        f"$JS.API.STREAM.PURGE.{REPORTS_STREAM}",
    )
