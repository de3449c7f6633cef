"""The truth, as tables. ``tests/ledger/test_schema.py`` keeps the migrations equal to them."""

from sqlmodel import SQLModel

from services.ledger.tables.attempts import Attempt, PendingOrder, StoredVerdict, Try
from services.ledger.tables.board import Cell, CellMetric
from services.ledger.tables.money import Account, Hold, StoredCall
from services.ledger.tables.runs import PendingFact, Plan, Run, StoredFact
from services.ledger.tables.work import Inbox, Worker

METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "Account",
    "Attempt",
    "Cell",
    "CellMetric",
    "Hold",
    "Inbox",
    "PendingFact",
    "PendingOrder",
    "Plan",
    "Run",
    "StoredCall",
    "StoredFact",
    "StoredVerdict",
    "Try",
    "Worker",
]
