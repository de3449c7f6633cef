"""The tables. ``tests/ledger/test_schema.py`` checks that the migrations create exactly these."""

from sqlmodel import SQLModel

from services.ledger.database.tables.attempts import Attempt, PendingOrder, StoredVerdict, Try
from services.ledger.database.tables.bus import BusEpoch, StoredDeadLetter
from services.ledger.database.tables.judges import Calibration, JudgeHold, StoredJudgeAnswer
from services.ledger.database.tables.leaderboard import Cell, CellMetric
from services.ledger.database.tables.money import Account, Hold, Project, StoredCall, Transfer
from services.ledger.database.tables.providers import StoredProvider
from services.ledger.database.tables.runs import PendingFact, Plan, Run, StoredFact
from services.ledger.database.tables.work import Inbox, Worker

METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "Account",
    "Attempt",
    "BusEpoch",
    "Calibration",
    "Cell",
    "CellMetric",
    "Hold",
    "Inbox",
    "JudgeHold",
    "PendingFact",
    "PendingOrder",
    "Plan",
    "Project",
    "Run",
    "StoredCall",
    "StoredDeadLetter",
    "StoredFact",
    "StoredJudgeAnswer",
    "StoredProvider",
    "StoredVerdict",
    "Transfer",
    "Try",
    "Worker",
]
