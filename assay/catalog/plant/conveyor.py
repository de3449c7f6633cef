"""The conveyor C1, which carries cartons past the packing line."""

from __future__ import annotations

from dataclasses import dataclass

from assay.catalog.plant.controls import Controls, Machine, Valve
from assay.catalog.plant.dynamics import STEP_SECONDS, approach, clamp
from assay.catalog.plant.faults import FaultKind, Faults

_DRUM_SPEED = 30.0
"""m/min"""
_CLEARING_SECONDS = 60.0
"""How long the conveyor must stand without new cartons until the pusher has freed a wedged one."""


@dataclass(kw_only=True, slots=True)
class Conveyor:
    """Speeds in m/min, current in A, motor temperature in °C, load in kg/m."""

    drum_speed: float = _DRUM_SPEED
    belt_speed: float = _DRUM_SPEED
    load: float = 40.0
    current: float = 14.0
    motor: float = 62.0
    standing_seconds: float = 0.0
    cleared: bool = False

    def step(self, controls: Controls, faults: Faults, seconds: float) -> None:
        running = controls.running[Machine.C1]
        gate = controls.opening(Valve.FEED_GATE)
        self._clear(running, gate)
        jam = 0.0 if self.cleared else faults.severity(FaultKind.JAMMED_BELT, seconds)
        slip = self._slip(controls, faults.severity(FaultKind.SLIPPING_BELT, seconds))
        friction = faults.severity(FaultKind.WORN_ROLLERS, seconds)
        density = 1.0 + 0.9 * faults.severity(FaultKind.OVERLOADED_BELT, seconds)
        self.drum_speed = approach(self.drum_speed, _DRUM_SPEED * (1.0 - 0.7 * jam) if running else 0.0, 20.0)
        self.belt_speed = self.drum_speed * (1.0 - slip)
        self.load = approach(self.load, 50.0 * gate * density if running else self.load, 60.0)
        torque = 0.2 * self.load * (1.0 - 0.5 * slip) + 7.0 * friction + 16.0 * jam
        self.current = 6.0 + torque if running else 0.0
        self.motor = approach(self.motor, 25.0 + 0.19 * self.current * self.current, 600.0)

    def _clear(self, running: bool, gate: float) -> None:
        self.standing_seconds = 0.0 if running or gate > 0.05 else self.standing_seconds + STEP_SECONDS
        self.cleared = self.cleared or self.standing_seconds >= _CLEARING_SECONDS

    @staticmethod
    def _slip(controls: Controls, stretched: float) -> float:
        """A stretched belt needs more tension."""
        missing = 0.5 + 0.25 * stretched - controls.opening(Valve.TENSIONER)
        return clamp(2.0 * missing, 0.0, 0.9)
