"""Compressed air: compressors K1 (on duty) and K2 (on standby), a receiver and three branches."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.catalog.plant.controls import Controls, Machine, Valve
from assay.catalog.plant.dynamics import STEP_SECONDS, approach, clamp
from assay.catalog.plant.faults import FaultKind, Faults

_CAPACITY = 12.0
"""m³/min of one compressor"""
_NORMAL = 7.0
"""bar"""
_DEMAND = {Valve.BRANCH_A: 3.0, Valve.BRANCH_B: 4.0, Valve.BRANCH_C: 2.0}
"""m³/min at normal pressure"""
_LEAK = 8.0
"""m³/min at normal pressure"""
_RECEIVER = 10.0
"""m³ of air that raise the pressure by 1 bar"""


@dataclass(kw_only=True, slots=True)
class Compressor:
    """Current in A, discharge temperature in °C, filter drop in mbar, delivery in m³/min."""

    running: bool = False
    load: float = 0.0
    delivery: float = 0.0
    current: float = 0.0
    discharge: float = 25.0
    filter_drop: float = 0.0

    def step(self, pressure: float, clogging: float, fan: float, valve: float) -> None:
        """``pressure`` is the receiver's in bar; the others are severities."""
        wanted = clamp((7.4 - pressure) / 0.4, 0.0, 1.0) if self.running else 0.0
        self.load = approach(self.load, wanted, 20.0)
        self.delivery = _CAPACITY * self.load * (1.0 - 0.45 * clogging) * (1.0 - 0.5 * valve)
        self.current = (18.0 + 22.0 * self.load * (1.0 - 0.2 * clogging)) if self.running else 0.0
        heat = 32.0 + 36.0 * self.load + self.load * (48.0 * fan + 22.0 * valve) if self.running else 0.0
        self.discharge = approach(self.discharge, 25.0 + heat, 180.0)
        self.filter_drop = 14.0 * self.load * (1.0 + 3.0 * clogging)


@dataclass(kw_only=True, slots=True)
class Air:
    """``pressure`` in bar, flows of the branches in m³/min."""

    duty: Compressor = field(default_factory=lambda: Compressor(running=True, load=0.75, delivery=9.0, discharge=84.0))
    standby: Compressor = field(default_factory=Compressor)
    pressure: float = 7.1
    branches: dict[Valve, float] = field(default_factory=lambda: dict(_DEMAND))

    def step(self, controls: Controls, faults: Faults, seconds: float) -> None:
        self.duty.running, self.standby.running = controls.running[Machine.K1], controls.running[Machine.K2]
        self.duty.step(
            self.pressure,
            faults.severity(FaultKind.CLOGGED_INTAKE_FILTER, seconds),
            faults.severity(FaultKind.FAILED_COOLER_FAN, seconds),
            faults.severity(FaultKind.LEAKING_DISCHARGE_VALVE, seconds),
        )
        self.standby.step(self.pressure, 0.0, 0.0, 0.0)
        leak = _LEAK * faults.severity(FaultKind.AIR_LEAK, seconds)
        for branch, demand in _DEMAND.items():
            needed = demand + (leak if branch is Valve.BRANCH_B else 0.0)
            self.branches[branch] = needed * controls.opening(branch) * self.pressure / _NORMAL
        supplied = self.duty.delivery + self.standby.delivery
        consumed = sum(self.branches.values())
        self.pressure = max(0.0, self.pressure + (supplied - consumed) / _RECEIVER * STEP_SECONDS / 60.0)
