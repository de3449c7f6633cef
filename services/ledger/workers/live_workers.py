"""Who lives, and which sandboxes each can give."""

from __future__ import annotations

from assay.contracts.attempts import Stage
from services.ledger.database.database import Connection
from services.ledger.memory.rules.shelter import Giver
from services.ledger.settings import LedgerSettings

_GIVERS = """
SELECT stage, sandboxes FROM workers
WHERE pool = 'default' AND seen_at > clock_timestamp() - make_interval(secs => $1)
"""


async def givers(connection: Connection, settings: LedgerSettings) -> list[Giver]:
    """The living workers that attempts are ordered from."""
    rows = await connection.fetch(_GIVERS, settings.worker_silence_seconds)
    return [Giver(Stage(row["stage"]), row["sandboxes"]) for row in rows]
