"""Provisioning of streams and queues, and incompatible servers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.bus.errors import BusMisconfigured
from assay.bus.nats.bus import JetStreamBus, connect
from assay.bus.nats.server.api import call
from assay.bus.queues import REPORTS, all_queues
from assay.bus.streams import (
    FACTS_STREAM,
    REPORTS_STREAM,
    STREAMS,
    WORK_STREAM,
    queue_config,
    stream_configs,
)
from tests.bus.conftest import ConnectAs
from tests.bus.nats_server import ServerProcess

SECOND = 1_000_000_000


@pytest.fixture
async def bus(connect_as: ConnectAs) -> JetStreamBus:
    return await connect_as("observer")


async def config_of(bus: JetStreamBus, stream: str) -> dict[str, Any]:
    return (await call(bus.connection, f"STREAM.INFO.{stream}"))["config"]


async def test_provisioning_is_idempotent(bus: JetStreamBus) -> None:
    await bus.provision(all_queues())
    await bus.provision(all_queues())
    names = (await call(bus.connection, "STREAM.NAMES"))["streams"]
    assert sorted(names) == sorted(STREAMS)
    consumers = (await call(bus.connection, f"CONSUMER.NAMES.{WORK_STREAM}"))["consumers"]
    assert {"canary", "judge-default", "run-default", "run-default-urgent", "run-default-container"} <= {*consumers}
    assert len(consumers) == len(all_queues()) - 1
    assert (await call(bus.connection, f"CONSUMER.NAMES.{REPORTS_STREAM}"))["consumers"] == ["reports"]


async def test_streams_have_the_intended_settings(bus: JetStreamBus) -> None:
    await bus.provision(all_queues())
    work, facts = await config_of(bus, WORK_STREAM), await config_of(bus, FACTS_STREAM)
    reports = await config_of(bus, REPORTS_STREAM)
    assert (reports["max_age"], reports["max_bytes"]) == (0, -1)
    assert (work["retention"], work["storage"], work["allow_atomic"]) == ("limits", "file", True)
    assert work["duplicate_window"] == 120 * SECOND
    assert (facts["retention"], facts["max_age"]) == ("limits", 7 * 86_400 * SECOND)


async def test_reports_move_from_the_stream_of_an_earlier_release(bus: JetStreamBus) -> None:
    wanted = {**stream_configs(7)[0], "subjects": ["assay.work.>"]}
    await call(bus.connection, f"STREAM.CREATE.{WORK_STREAM}", wanted)
    consumer = {**queue_config(REPORTS)}
    await call(
        bus.connection,
        f"CONSUMER.CREATE.{WORK_STREAM}.{REPORTS.name}.{REPORTS.subject}",
        {"stream_name": WORK_STREAM, "config": consumer},
    )
    await bus.provision(all_queues())
    assert (await config_of(bus, REPORTS_STREAM))["subjects"] == ["assay.work.report.>"]


async def test_changeable_settings_are_updated(server: ServerProcess, bus: JetStreamBus) -> None:
    await bus.provision(all_queues())
    settings = replace(server.settings(), facts_max_age_days=1)
    later = await connect(settings)
    await later.provision([replace(REPORTS, ack_wait_seconds=7)])
    assert (await config_of(bus, FACTS_STREAM))["max_age"] == 86_400 * SECOND
    info = await call(bus.connection, f"CONSUMER.INFO.{REPORTS_STREAM}.reports")
    assert info["config"]["ack_wait"] == 7 * SECOND
    await later.close()


@pytest.mark.parametrize(("field", "value"), [("retention", "workqueue"), ("storage", "memory")])
async def test_a_stream_with_incompatible_settings_is_refused(bus: JetStreamBus, field: str, value: str) -> None:
    wanted = stream_configs(7)[0]
    await call(bus.connection, f"STREAM.CREATE.{WORK_STREAM}", {**wanted, field: value})
    with pytest.raises(BusMisconfigured, match=rf"{WORK_STREAM} .*{field} is '{value}', must be '{wanted[field]}'"):
        await bus.provision(all_queues())


async def test_subjects_of_an_unrelated_stream_are_an_error(bus: JetStreamBus) -> None:
    await call(bus.connection, "STREAM.CREATE.OTHER", {"name": "OTHER", "subjects": ["assay.work.>"]})
    with pytest.raises(BusMisconfigured, match="overlap"):
        await bus.provision(all_queues())


async def test_a_queue_with_incompatible_settings_is_an_error(bus: JetStreamBus) -> None:
    await bus.provision([])
    pushed = {"durable_name": "reports", "ack_policy": "none", "deliver_subject": "elsewhere"}
    await call(
        bus.connection,
        f"CONSUMER.DURABLE.CREATE.{REPORTS_STREAM}.reports",
        {"stream_name": REPORTS_STREAM, "config": pushed},
    )
    with pytest.raises(BusMisconfigured, match=r"'reports' .* delete it"):
        await bus.provision([REPORTS])


async def test_durability_is_read_from_the_monitoring_endpoint_if_the_bus_does_not_report_it(
    server: ServerProcess,
) -> None:
    server.stop()
    server.reconfigure(export_report=False, monitor=True)
    server.start()
    with pytest.raises(BusMisconfigured, match="ASSAY_NATS_MONITOR_URL"):
        await connect(server.settings("ledger"))
    bus = await connect(replace(server.settings("ledger"), monitor_url=server.monitor_url))
    await bus.provision(all_queues())
    await bus.close()
