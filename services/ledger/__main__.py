"""``python -m services.ledger``: the system of record, over Postgres and the bus."""

from __future__ import annotations

import asyncio
from functools import partial

from assay.bus.errors import BusClosed
from assay.bus.nats.bus import connect
from assay.bus.protocol import Bus, connection_trouble
from assay.bus.queues import all_queues
from assay.service.endpoint import Endpoint, open_endpoint
from assay.service.process import run_service
from services.ledger.attempts.attempt_store import AttemptStore
from services.ledger.attempts.reports import ReportStore
from services.ledger.database.database import Database, open_database
from services.ledger.database.durability import require_durable
from services.ledger.database.leadership import lead_when_elected
from services.ledger.database.schema import migrate
from services.ledger.handlers import answers
from services.ledger.health.bus_probe import BusProbe
from services.ledger.health.health_store import HealthStore
from services.ledger.judges.answer_store import JudgeAnswerStore
from services.ledger.judges.calibrations import CalibrationStore
from services.ledger.leader import Leader
from services.ledger.leader_tasks import bus_tasks, metric_tasks, work_tasks
from services.ledger.leaderboard.leaderboard_read import LeaderboardReader
from services.ledger.metrics.gauges import SystemGauges
from services.ledger.metrics.pool import report_pool
from services.ledger.money.money_store import MoneyStore
from services.ledger.outbox.missing_orders import MissingOrders
from services.ledger.outbox.outbox_store import OutboxStore
from services.ledger.ports import Ports
from services.ledger.providers.key_store import KeyStore
from services.ledger.providers.master_key import read_master_keys
from services.ledger.providers.provider_store import ProviderStore
from services.ledger.recovery.dead_letter_store import DeadLetterStore
from services.ledger.recovery.dead_letters import DeadLetterHandler
from services.ledger.recovery.epoch_store import EpochStore
from services.ledger.recovery.stream_recovery import StreamRecovery
from services.ledger.report_intake import take_reports
from services.ledger.reviews.review_store import ReviewStore
from services.ledger.runs.history import HistoryStore
from services.ledger.runs.plans import Plans
from services.ledger.runs.retention import RetentionStore
from services.ledger.runs.run_control import RunControl
from services.ledger.runs.run_store import RunStore
from services.ledger.scheduling.model_use import ModelUseStore
from services.ledger.scheduling.scheduler import Scheduler
from services.ledger.scheduling.wanted_slots import WantedSlotsStore
from services.ledger.settings import LedgerSettings
from services.ledger.sweeper import Sweeper


async def serve(settings: LedgerSettings) -> None:
    async with open_endpoint("ledger", settings) as endpoint:
        await serve_with(endpoint, settings)


async def serve_with(endpoint: Endpoint, settings: LedgerSettings) -> None:
    bus = await connect(settings.bus("ledger"))
    await bus.provision(all_queues())
    await migrate(settings.database_url)
    async with open_database(settings.database_url, settings.database_connections) as database:
        await require_durable(database)
        report_pool(database)
        endpoint.ready_when(partial(connection_trouble, bus), database.trouble)
        try:
            await work(bus, database, settings)
        finally:
            await bus.close()  # while the database is open, so that pending requests are answered


async def work(bus: Bus, database: Database, settings: LedgerSettings) -> None:
    plans = Plans()
    health = HealthStore(database, settings)
    wanted_slots = WantedSlotsStore(database, plans, settings)
    gauges = SystemGauges(database, bus.storage, settings, wanted_slots)
    keys = KeyStore(database, plans, read_master_keys(settings))
    await keys.rewrap()
    await bus.rpc.serve("ledger", answers(open_ports(database, plans, settings, health, keys)))
    leader = Leader(
        [
            *work_tasks(
                bus, OutboxStore(database), Scheduler(database, plans, settings), Sweeper(database, plans, settings)
            ),
            *bus_tasks(
                StreamRecovery(
                    bus, EpochStore(database), DeadLetterHandler(bus.work, DeadLetterStore(database, plans))
                ),
                BusProbe(bus.storage, health),
                MissingOrders(database),
                bus.storage,
            ),
            *(metric_tasks(gauges) if settings.metrics_port else ()),
        ],
        database.changed,
    )

    async def lead() -> None:
        with gauges.reported():
            await leader.lead()

    async with asyncio.TaskGroup() as group:
        group.create_task(take_reports(bus, ReportStore(database, plans, settings), settings.report_batch))
        group.create_task(lead_when_elected(database, lead))
        group.create_task(end_with(bus))


def open_ports(
    database: Database, plans: Plans, settings: LedgerSettings, health: HealthStore, keys: KeyStore
) -> Ports:
    return Ports(
        runs=RunStore(database, plans, settings),
        control=RunControl(database),
        funds=MoneyStore(database, plans, settings),
        attempts=AttemptStore(database, plans, settings),
        reviews=ReviewStore(database, plans),
        leaderboard=LeaderboardReader(database),
        history=HistoryStore(database),
        retention=RetentionStore(database),
        providers=ProviderStore(database, keys),
        provider_keys=keys,
        judge_answers=JudgeAnswerStore(database),
        calibrations=CalibrationStore(database),
        health=health,
        scaling=WantedSlotsStore(database, plans, settings),
        model_use=ModelUseStore(database),
    )


async def end_with(bus: Bus) -> None:
    """A connection that is gone for good ends the service; its supervisor starts it again."""
    await bus.closed.wait()
    raise BusClosed("the bus closed this connection for good")


if __name__ == "__main__":
    run_service("ledger", serve, LedgerSettings)
