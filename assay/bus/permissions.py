"""Permissions on the bus: an allow-list of subjects per service, enforced by the NATS server.

Runners cannot report verdicts, gateways cannot send orders or publish facts, and only the ledger can change streams.
External consumers of facts have logins of their own, see consumers.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assay.bus.consumers import imported_services, replies
from assay.bus.protocol import Queue
from assay.bus.queues import PINGS, REPORTS, orders_queues
from assay.bus.streams import DEAD_LETTER_STREAM, PING_SUBJECT, REPORTS_STREAM, STREAMS, stream_of
from assay.bus.subjects import SERVER_HEALTH, SERVER_REPORT, inbox_prefix
from assay.contracts import subjects
from assay.contracts.attempts import Stage
from assay.contracts.rpc import (
    LEDGER_REQUESTS,
    AskModel,
    CheckModels,
    ClaimAttempts,
    FindJudgeAnswers,
    GetModelUse,
    Heartbeat,
    HoldForCalibration,
    JudgeText,
    ListOfferedModels,
    OpenProviderKey,
    PreviewPrompt,
    PullModel,
    ReadTail,
    Request,
    ServeModel,
    SettleCalibration,
    StoreJudgeAnswer,
    TestModel,
    TopUpGrant,
)

USERS = ("gateway", "ledger", "runner", "judge", "modelhost", "observer")
_WORKER_REQUESTS: tuple[type[Request[Any]], ...] = (ClaimAttempts, Heartbeat)
_JUDGE_REQUESTS: tuple[type[Request[Any]], ...] = (
    AskModel,
    TopUpGrant,
    FindJudgeAnswers,
    StoreJudgeAnswer,
    HoldForCalibration,
    SettleCalibration,
)
"""What judges ask for grading by a model."""
_RUNNER_REQUESTS: tuple[type[Request[Any]], ...] = (
    TestModel,
    CheckModels,
    ListOfferedModels,
    PullModel,
    PreviewPrompt,
    ReadTail,
    AskModel,
)
"""What runners answer."""
_TAILS = "assay.tail.v1.>"


@dataclass(frozen=True)
class Permissions:
    """The subjects (patterns) that a user may publish on and subscribe to; the server refuses all others."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def permissions(user: str, pools: Iterable[str] = ("default",)) -> Permissions:
    """``observer`` may do everything: it is for tests and operators. Every user may request the server's storage
    report, which contains names and sizes of streams but no messages."""
    pools = tuple(pools)
    if user == "observer":
        return Permissions(publish=(">",), subscribe=(">",))
    publish, subscribe = {
        "gateway": _gateway,
        "ledger": lambda: _ledger(pools),
        "runner": lambda: _runner(pools),
        "judge": lambda: _judge(pools),
        "modelhost": _modelhost,
    }[user]()
    return Permissions(publish=(*publish, SERVER_REPORT), subscribe=(*subscribe, f"{inbox_prefix(user)}.>"))


def consumer_permissions(name: str) -> Permissions:
    """An external consumer fetches and acknowledges facts through its durable consumer."""
    return Permissions(publish=tuple(imported_services(name).values()), subscribe=(replies(name),))


_Lists = tuple[tuple[str, ...], tuple[str, ...]]
"""Patterns to publish on, and patterns to subscribe to."""


def _gateway() -> _Lists:
    workers = (*_WORKER_REQUESTS, *_JUDGE_REQUESTS, OpenProviderKey, GetModelUse)
    requests = (kind for kind in (*LEDGER_REQUESTS, *_RUNNER_REQUESTS, JudgeText) if kind not in workers)
    return _requests(requests), (subjects.FACTS, _TAILS)


def _runner(pools: tuple[str, ...]) -> _Lists:
    publish, subscribe = _worker(Stage.RUN, pools)
    requests = _requests([ServeModel, TopUpGrant, OpenProviderKey, GetModelUse])
    return (*publish, *requests, *_replies("gateway", "judge")), (*subscribe, *_requests(_RUNNER_REQUESTS))


def _judge(pools: tuple[str, ...]) -> _Lists:
    publish, subscribe = _worker(Stage.JUDGE, pools)
    return (*publish, *_requests(_JUDGE_REQUESTS), *_replies("gateway")), (*subscribe, *_requests([JudgeText]))


def _worker(stage: Stage, pools: tuple[str, ...]) -> _Lists:
    queues = [queue for pool in pools for queue in orders_queues(stage, pool)]
    publish = (
        *_requests(_WORKER_REQUESTS),
        f"assay.work.report.{stage}",
        _TAILS,
        *(subject for queue in queues for subject in _consumer(queue)),
    )
    return publish, ()


def _ledger(pools: tuple[str, ...]) -> _Lists:
    orders = tuple(queue.subject for stage in Stage for pool in pools for queue in orders_queues(stage, pool))
    queues = (*_consumer(REPORTS), *_consumer(PINGS))
    publish = (*orders, PING_SUBJECT, subjects.FACTS, *queues, *_stream_setup(), *_stream_reading(), SERVER_HEALTH)
    return (*publish, *_replies("gateway", "runner", "judge")), _requests(LEDGER_REQUESTS)


def _modelhost() -> _Lists:
    return _replies("gateway", "runner"), _requests([ServeModel])


def _requests(kinds: Iterable[type[Request[Any]]]) -> tuple[str, ...]:
    return tuple(subjects.rpc(kind) for kind in kinds)


def _replies(*users: str) -> tuple[str, ...]:
    return tuple(f"{inbox_prefix(user)}.>" for user in users)


def _consumer(queue: Queue[Any]) -> tuple[str, ...]:
    """Fetch a queue's messages, settle them (both forms of JetStream's ack subjects) and dead-letter them."""
    stream = stream_of(queue.subject)
    return (
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{queue.name}",
        f"$JS.ACK.{stream}.{queue.name}.>",
        f"$JS.ACK.*.*.{stream}.{queue.name}.>",
        subjects.dead_letter(queue.subject),
    )


def _stream_setup() -> tuple[str, ...]:
    """Create and update streams and queues, without deleting any."""
    verbs = tuple(f"$JS.API.STREAM.{verb}.{stream}" for verb in ("INFO", "CREATE", "UPDATE") for stream in STREAMS)
    return (*verbs, *(f"$JS.API.CONSUMER.CREATE.{stream}.>" for stream in STREAMS))


def _stream_reading() -> tuple[str, ...]:
    """Read streams, including the dead-letter stream, and purge settled reports."""
    return (
        *(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.>" for stream in STREAMS),
        *(f"$JS.API.STREAM.MSG.GET.{stream}" for stream in STREAMS),
        f"$JS.API.CONSUMER.DELETE.{DEAD_LETTER_STREAM}.>",
        f"$JS.API.CONSUMER.INFO.{REPORTS_STREAM}.{REPORTS.name}",
        f"$JS.API.STREAM.PURGE.{REPORTS_STREAM}",
    )
