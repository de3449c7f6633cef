"""The truth, as tables. ``tests/ledger/test_schema.py`` keeps the migrations equal to them."""

from sqlmodel import SQLModel

from services.ledger.tables.attempts import Attempt, PendingOrder, StoredVerdict, Try
from services.ledger.tables.board import Cell, CellMetric
from services.ledger.tables.bus import BusEpoch, StoredDeadLetter
from services.ledger.tables.money import Account, Hold, Project, StoredCall, Transfer
from services.ledger.tables.runs import PendingFact, Plan, Run, StoredFact
from services.ledger.tables.work import Inbox, Worker

METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "Account",
    "Attempt",
    "BusEpoch",
    "Cell",
    "CellMetric",
    "Hold",
    "Inbox",
    "PendingFact",
    "PendingOrder",
    "Plan",
    "Project",
    "Run",
    "StoredCall",
    "StoredDeadLetter",
    "StoredFact",
    "StoredVerdict",
    "Transfer",
    "Try",
    "Worker",
]
