"""Why attempts of a run ended ungraded."""

from __future__ import annotations

from assay.contracts.codec import Data
from assay.contracts.verdicts import Outcome


class Cause(Data, frozen=True, kw_only=True):
    """Attempts of one run that ended ungraded for the same reason. ``reason`` is that of the first of them, in full;
    reasons that differ only in ids and amounts belong together."""

    outcome: Outcome
    kind: str = ""
    """A FaultKind or CallFault, where the reason states one."""
    reason: str
    remedy: str = ""
    """What to do next; empty if the reason is all there is to say."""
    attempts: int
    models: tuple[str, ...]
    task_ids: tuple[str, ...]
    first_attempt_id: str
    """The first attempt by ordinal."""


class Causes(Data, frozen=True, kw_only=True):
    """Why attempts of a run ended ungraded, the most frequent cause first. ``more`` counts the attempts whose causes
    are left out. ``sequence`` is the run's sequence at the time of reading."""

    items: tuple[Cause, ...] = ()
    more: int = 0
    sequence: int = 0
