"""Two cooling-water pumps in parallel, P1 on duty and P2 on standby."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

from assay.catalog.plant.controls import Controls, Machine
from assay.catalog.plant.dynamics import STEP_SECONDS, approach, clamp
from assay.catalog.plant.faults import FaultKind, Faults

FULL_FLOW = 40.0
"""m³/h of one sound pump with the coolant path fully open."""
_FULL_HEAD = 4.0
"""bar"""
_SUPPLY = 1.2
"""bar, before the strainer"""
_CLEANING_SECONDS = 300.0
"""How long a pump must stand until its strainer has been washed clean."""


@dataclass(kw_only=True, slots=True)
class Pump:
    """Pressures in bar, current in A, vibration in mm/s, bearing temperature in °C."""

    running: bool = False
    speed: float = 0.0
    head: float = 0.0
    suction: float = _SUPPLY
    current: float = 0.0
    vibration: float = 0.0
    bearing: float = 25.0

    def step(self, flow: float, clogging: float, bearing_wear: float, impeller_wear: float) -> None:
        """``flow`` is its share in m³/h; the others are severities."""
        self.speed = approach(self.speed, 1.0 if self.running else 0.0, 20.0)
        relative = flow / FULL_FLOW
        self.suction = approach(self.suction, _SUPPLY - (0.2 + 2.6 * clogging) * relative * relative, 20.0)
        cavitation = clamp((0.55 - self.suction) / 0.5, 0.0, 1.0) * self.speed
        self.head = _FULL_HEAD * self.speed * self.speed * (1.0 - 0.4 * impeller_wear) * (1.0 - 0.5 * cavitation)
        self.current = self.speed * (12.0 + 10.0 * relative * self.head / _FULL_HEAD + 3.0 * bearing_wear)
        self.vibration = approach(
            self.vibration, self.speed * (1.8 + 11.0 * bearing_wear + 6.5 * cavitation + 0.8 * impeller_wear), 30.0
        )
        self.bearing = approach(
            self.bearing, 25.0 + self.speed * (22.0 + 42.0 * bearing_wear + 6.0 * cavitation), 300.0
        )


@dataclass(kw_only=True, slots=True)
class Pumps:
    """``flow`` leaves the pumps, ``delivered`` reaches the cooler, both in m³/h. The duty pump has been standing for
    ``standing_seconds``; ``cleaned``: its strainer was washed."""

    duty: Pump = field(default_factory=lambda: Pump(running=True, speed=1.0, head=_FULL_HEAD))
    standby: Pump = field(default_factory=Pump)
    flow: float = 26.0
    delivered: float = 26.0
    standing_seconds: float = 0.0
    cleaned: bool = False

    @property
    def pressure(self) -> float:
        """At the common outlet, in bar."""
        stronger = max((self.duty, self.standby), key=lambda pump: pump.head)
        relative = self.flow / FULL_FLOW
        return stronger.suction + stronger.head * (1.0 - 0.3 * relative * relative)

    def step(self, controls: Controls, faults: Faults, seconds: float, opening: float) -> None:
        """``opening`` is that of the path through the cooler, 0 to 1."""
        self.duty.running, self.standby.running = controls.running[Machine.P1], controls.running[Machine.P2]
        both = self.duty.head + self.standby.head
        share = self.duty.head / both if both > 0 else 0.5
        self._clean()
        self.duty.step(
            self.flow * share,
            0.0 if self.cleaned else faults.severity(FaultKind.CLOGGED_STRAINER, seconds),
            faults.severity(FaultKind.WORN_BEARING, seconds),
            faults.severity(FaultKind.WORN_IMPELLER, seconds),
        )
        self.standby.step(self.flow * (1.0 - share), 0.0, 0.0, 0.0)
        head = max(self.duty.head, self.standby.head)
        boost = 1.0 + 0.15 * min(self.duty.head, self.standby.head) / head if head > 0 else 1.0
        self.flow = approach(self.flow, FULL_FLOW * sqrt(head / _FULL_HEAD) * boost * (0.3 + 0.7 * opening), 20.0)
        leak = 0.35 * faults.severity(FaultKind.LEAKING_SEAL, seconds) * self.duty.speed
        self.delivered = self.flow * (1.0 - leak)

    def _clean(self) -> None:
        self.standing_seconds = 0.0 if self.duty.running else self.standing_seconds + STEP_SECONDS
        self.cleaned = self.cleaned or self.standing_seconds >= _CLEANING_SECONDS
