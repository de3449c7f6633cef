"""One attempt with all its details, as shown to users."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import field

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptView, Token
from assay.contracts.audit import AuditFlag
from assay.contracts.codec import Data
from assay.contracts.evaluation import Evaluation
from assay.contracts.models import Call
from assay.contracts.tasks import Limits, Solver
from assay.contracts.verdicts import Verdict, VerdictRevision


class TryView(Data, frozen=True, kw_only=True):
    """One physical execution. ``ended`` is a TryEnd; empty while it runs."""

    token: Token
    worker_id: str
    started_at: datetime
    ended_at: datetime | None = None
    ended: str = ""
    cause: str = ""
    duration_seconds: float = 0.0


class AttemptDetail(Data, frozen=True, kw_only=True):
    """All details of one attempt. Fetch ``artifacts`` by name from the attempt's own URL."""

    attempt: AttemptView
    key: str
    task_digest: str
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    verdict: Verdict | None = None
    revisions: tuple[VerdictRevision, ...] = ()
    """All its verdicts in order, if there are several. ``verdict`` is the last."""
    evaluation: Evaluation | None = None
    """Its score components. None if its outcome says nothing about the model."""
    flags: tuple[AuditFlag, ...] = ()
    """What looks like cheating. It never changes the verdict."""
    tries: tuple[TryView, ...] = ()
    calls: tuple[Call, ...] = ()
    judge_calls: tuple[Call, ...] = ()
    """Calls of models that judged it, whose cost is not part of the attempt's."""
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])
    sequence: int = 0
    """The run's sequence at the time of reading."""
    solver: Solver | None = None
    limits: Limits | None = None
    """The limits as resolved by the run."""
    expired_at: datetime | None = None
    """When the artifacts' content was released because its retention period ended."""
