"""``python -m services.ledger``: the system of record, over Postgres and the bus."""

from __future__ import annotations

import asyncio

from assay.bus.errors import BusClosed
from assay.bus.jetstream import connect
from assay.bus.protocol import Bus
from assay.bus.queues import all_queues
from assay.worker.lifetime import run_service
from services.ledger.attempts.attempt_store import PostgresAttempts
from services.ledger.attempts.reports import PostgresReports
from services.ledger.database.database import Database, open_database
from services.ledger.database.durability import require_durable
from services.ledger.database.leadership import lead_when_elected
from services.ledger.database.schema import migrate
from services.ledger.handlers import Ports, answers
from services.ledger.health.health_store import PostgresBulletin
from services.ledger.leader import Leader, take_reports
from services.ledger.leader_tasks import watches
from services.ledger.leaderboard.results import PostgresResults
from services.ledger.money.money_store import PostgresMoney
from services.ledger.outbox.outbox_store import PostgresOutbox
from services.ledger.runs.plans import Plans
from services.ledger.runs.retention import PostgresRetention
from services.ledger.runs.run_control import PostgresControl
from services.ledger.runs.run_store import PostgresRuns
from services.ledger.scheduling.scheduler import PostgresFeeder
from services.ledger.settings import LedgerSettings
from services.ledger.sweeper import PostgresSweeper


async def serve(settings: LedgerSettings) -> None:
    bus = await connect(settings.bus("ledger"))
    await bus.provision(all_queues())
    await migrate(settings.database_url)
    async with open_database(settings.database_url, settings.database_connections) as database:
        await require_durable(database)
        try:
            await work(bus, database, settings)
        finally:
            await bus.close()  # while the store is open: what was asked is answered


async def work(bus: Bus, database: Database, settings: LedgerSettings) -> None:
    plans = Plans()
    ports = Ports(
        runs=PostgresRuns(database, settings),
        control=PostgresControl(database),
        funds=PostgresMoney(database, plans, settings),
        attempts=PostgresAttempts(database, plans, settings),
        reports=PostgresReports(database, plans, settings),
        results=PostgresResults(database, settings),
        retention=PostgresRetention(database),
        bulletin=PostgresBulletin(database, settings.worker_silence_seconds),
    )
    feeder, sweeper = PostgresFeeder(database, plans, settings), PostgresSweeper(database, plans, settings)
    watched = watches(bus, database, plans)
    leader = Leader(bus, PostgresOutbox(database), feeder, sweeper, database.changed, watched)
    await bus.rpc.serve("ledger", answers(ports))
    async with asyncio.TaskGroup() as group:
        group.create_task(take_reports(bus, ports, settings.report_batch))
        group.create_task(lead_when_elected(database, leader.lead))
        group.create_task(end_with(bus))


async def end_with(bus: Bus) -> None:
    """A connection that is gone for good ends the service; its supervisor starts it afresh."""
    await bus.closed.wait()
    raise BusClosed("the bus closed this connection for good")


if __name__ == "__main__":
    run_service("ledger", serve, LedgerSettings)
