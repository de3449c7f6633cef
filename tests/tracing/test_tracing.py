"""Traces, sent to a real receiver: off unless asked for, and continued by the context that messages carry."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from assay import tracing
from assay.bus.memory.bus import MemoryBus
from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted
from assay.contracts.rpc import GetHealth, ServiceHealth
from assay.tracing.span import NO_CARRIER, TRACEPARENT, Kind
from tests.otlp_receiver import Receiver, traced

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE_ID = PARENT.split("-")[1]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with traced("ledger", monkeypatch) as receiver:
        yield receiver


def test_without_an_endpoint_nothing_is_recorded_or_carried() -> None:
    with tracing.begin("a", Kind.SERVER, {TRACEPARENT: PARENT}) as span, tracing.step("b"):
        span.set({"x": 1})
        span.fail("reason")
        assert tracing.carrier() is NO_CARRIER
        assert tracing.add_trace_id(None, "", {}) == {}
    assert not tracing.is_tracing()


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_traces_stay_off(environ: dict[str, str]) -> None:
    tracing.start_tracing("ledger", environ)
    assert not tracing.is_tracing()


def test_a_protocol_that_is_not_supported_is_named_in_the_log() -> None:
    grpc = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    with capture_logs() as logged:
        tracing.start_tracing("ledger", grpc)
    assert not tracing.is_tracing()
    assert "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" in logged[0]["hint"]


def test_steps_continue_the_trace_that_a_message_carries(receiver: Receiver) -> None:
    with tracing.resume("outer", Kind.CONSUMER, {TRACEPARENT: PARENT}, {"assay.run_id": "r"}) as span:
        with tracing.step("inner", Kind.CLIENT):
            carried = tracing.carrier()
        assert tracing.add_trace_id(None, "", {})["trace_id"] == TRACE_ID
        span.fail("no answer")
    tracing.stop_tracing()
    (outer,), (inner,) = receiver.named("outer"), receiver.named("inner")
    assert (outer.service, outer.trace_id, outer.parent) == ("assay-ledger", TRACE_ID, PARENT[36:52])
    assert outer.failed
    assert outer.attributes == {"assay.run_id": "r"}
    assert (inner.trace_id, inner.parent) == (TRACE_ID, outer.span_id)
    assert carried[TRACEPARENT] == f"00-{TRACE_ID}-{inner.span_id}-01"


def test_only_a_request_begins_a_trace(receiver: Receiver) -> None:
    with tracing.step("task"), tracing.resume("message", Kind.CONSUMER, NO_CARRIER):
        assert tracing.carrier() == {}
    with tracing.begin("request", Kind.SERVER, NO_CARRIER):
        pass
    with tracing.begin("odd", Kind.SERVER, {TRACEPARENT: "00-not-a-context"}):
        pass
    tracing.stop_tracing()
    assert [(span.name, span.parent) for span in receiver.spans] == [("request", ""), ("odd", "")]


def test_what_a_caller_does_not_want_recorded_stays_unrecorded(receiver: Receiver) -> None:
    with tracing.begin("request", Kind.SERVER, {TRACEPARENT: PARENT[:-2] + "00"}):
        assert tracing.carrier()[TRACEPARENT].endswith("-00")
    tracing.stop_tracing()
    assert receiver.spans == []


def test_a_part_has_a_trace_of_its_own_that_links_to_the_whole(receiver: Receiver) -> None:
    first, again = tracing.carrier_of_part(PARENT, "a-1"), tracing.carrier_of_part(PARENT, "a-1")
    other = tracing.carrier_of_part(PARENT, "a-2")
    assert first == again != other
    assert tracing.carrier_of_part("broken", "a-1") == {}
    for carrier in (first, other):
        with tracing.resume("order", Kind.PRODUCER, carrier):
            pass
    tracing.stop_tracing()
    one, two = receiver.named("order")
    assert len({one.trace_id, two.trace_id, TRACE_ID}) == 3
    assert one.links == two.links == (TRACE_ID,)


async def test_requests_and_messages_over_the_bus_carry_their_trace(receiver: Receiver) -> None:
    bus, seen = MemoryBus(), list[str]()

    async def health(_: GetHealth) -> ServiceHealth:
        seen.append(tracing.carrier()[TRACEPARENT].split("-")[1])
        return ServiceHealth(service="ledger", ready=True)

    await bus.rpc.serve("ledger", {GetHealth: health})
    report = AttemptExecuted(message_id="m", attempt_id="a-1", token=1, worker_id="w")
    with tracing.resume("outer", Kind.SERVER, {TRACEPARENT: PARENT}):
        await bus.rpc.request(GetHealth())
        await bus.work.publish([Envelope.of(subjects.report(report), report.message_id, report)])
    (delivery,) = await bus.work.fetch(REPORTS, 1, 5.0)
    assert seen == [TRACE_ID]
    assert delivery.trace[TRACEPARENT].split("-")[1] == TRACE_ID


def test_a_process_ends_soon_although_its_collector_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"  # accepts connections and never answers
        program = (
            "from assay import tracing; from assay.tracing.span import Kind\n"
            "tracing.start_tracing('ledger')\n"
            "with tracing.begin('a', Kind.SERVER, {}): pass\n"
            "tracing.stop_tracing(); print('done')"
        )
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "PATH": "/usr/bin"}
        began = time.monotonic()
        ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, timeout=120)
    assert (ended.returncode, ended.stdout) == (0, b"done\n"), ended.stderr
    assert time.monotonic() - began < 60, "it does not wait as long as the exporter tries"
    assert json.dumps(ended.stderr.decode()).count("Traceback") == 0
