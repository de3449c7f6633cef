"""What calls are made for, as the caller sees it: a try of an attempt, or a judge's question."""

from __future__ import annotations

from typing import Protocol

from assay.contracts.models import ModelSpec
from assay.contracts.money import Price
from assay.contracts.tasks import Limits


class CallPurpose(Protocol):
    """A ticket is one."""

    @property
    def model(self) -> ModelSpec: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def price(self) -> Price | None: ...
    @property
    def run_seconds_left(self) -> float | None:
        """How long the calls may take; None: unknown."""
        ...


class Budget(Protocol):
    """The money that the calls may cost."""

    async def ensure(self, worst_case_nanousd: int) -> None:
        """Returns once a request of that cost is covered. Raises GrantRefused, or LeaseLost."""
        ...

    def spend(self, cost_nanousd: int) -> None: ...


class CallTail(Protocol):
    """Where people see the calls live."""

    def start_request(self, number: int) -> None: ...
    def add_text(self, text: str) -> None: ...
    def add_reasoning(self, text: str) -> None: ...
    async def step(self, text: str) -> None: ...
