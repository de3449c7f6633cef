"""``python -m services.ledger.migrate``: waits for the database, migrates it to the newest schema, and ends.

For deployments that migrate before they start new ledgers. A ledger migrates at its start too. Exit codes are those of
a service (assay.service.process).
"""

from __future__ import annotations

import asyncio
import time

import structlog

from assay.service.process import run_service
from services.ledger.database.connection import DRIVER
from services.ledger.database.migrations import newest
from services.ledger.database.schema import migrate
from services.ledger.settings import LedgerSettings

WAIT_SECONDS = 300.0
_RETRY_SECONDS = 1.0
_NOT_YET = (OSError, DRIVER.CannotConnectNowError, DRIVER.ConnectionDoesNotExistError)
"""The server does not listen, or is starting or stopping."""
_log = structlog.get_logger(__name__)


async def wait_and_migrate(settings: LedgerSettings, wait_seconds: float = WAIT_SECONDS) -> None:
    """Raises the driver's error if the database refuses the login, or is not there in time."""
    started = time.monotonic()
    while True:
        try:
            await migrate(settings.database_url)
        except _NOT_YET as error:
            if time.monotonic() - started > wait_seconds:
                raise
            _log.info("migration.waiting", error=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            _log.info("migration.done", revision=newest())
            return


if __name__ == "__main__":
    run_service("migrate", wait_and_migrate, LedgerSettings)
