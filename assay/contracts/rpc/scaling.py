"""What to scale workers on, and when to unload models."""

from __future__ import annotations

from typing import Any, ClassVar

from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.rpc.request import Request
from assay.contracts.sandboxes import SandboxRequirement


class StageSlots(Data, frozen=True, kw_only=True):
    """Slots of runners or judges. ``wanted_slots`` could be used right now: by attempts under way, and by those that
    would be started if there were unlimited workers. ``by_sandbox`` has the same by sandbox requirement."""

    wanted_slots: int
    live_slots: int
    """Slots of live workers that meet at least one of the requirements asked for."""
    by_sandbox: dict[SandboxRequirement, int]


class WantedSlots(Data, frozen=True, kw_only=True):
    """How many slots a pool could use right now. Of the attempts that wait, at most 10,000 are counted."""

    pool: str
    run: StageSlots | None = None
    judge: StageSlots | None = None


class GetWantedSlots(Request[WantedSlots], frozen=True, kw_only=True, tag="scaling.wanted"):
    """Get how many slots a pool could use right now, for all sandbox requirements or some."""

    reply: ClassVar[Any] = WantedSlots
    pool: str = "default"
    sandboxes: tuple[SandboxRequirement, ...] = ()
    """Count only these requirements. Empty: all."""


class ModelUse(Data, frozen=True, kw_only=True):
    attempts: int
    """Queued or running."""


class GetModelUse(Request[ModelUse], frozen=True, kw_only=True, tag="models.use"):
    """Count the attempts of a model that are queued or running, over all runs and runners. A model is unloaded only
    if there are none."""

    reply: ClassVar[Any] = ModelUse
    model: ModelName
