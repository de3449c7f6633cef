"""The oil cooler E1 and its temperature controller."""

from __future__ import annotations

from dataclasses import dataclass

from assay.catalog.plant.controls import Controls, Valve
from assay.catalog.plant.dynamics import STEP_SECONDS, approach, clamp
from assay.catalog.plant.faults import FaultKind, Faults

SET_POINT = 45.0
"""°C of the oil that leaves the cooler."""
_NORMAL_FLOW = 26.0
"""m³/h"""
_FLUSHED_PER_SECOND = 1.0 / 240.0


@dataclass(kw_only=True, slots=True)
class Cooler:
    """Temperatures in °C. The coolant valve is at ``position`` and was told to be at ``demanded``, 0 to 1. ``flushed``
    is how much of the deposits has been washed out."""

    oil_in: float = 80.0
    oil_out: float = 45.0
    water_in: float = 20.0
    water_out: float = 38.0
    pressure_drop: float = 0.4
    position: float = 0.5
    demanded: float = 0.5
    flushed: float = 0.0

    def control(self, controls: Controls, measured: float) -> None:
        """The controller opens the valve when the measured oil is too warm."""
        if controls.coolant_automatic:
            wanted = controls.openings[Valve.COOLANT] + (measured - SET_POINT) * 0.15
            controls.openings[Valve.COOLANT] = clamp(wanted, 10.0, 100.0)

    def path(self, controls: Controls, faults: Faults, seconds: float) -> float:
        """The opening of the water's path through the cooler, 0 to 1."""
        stuck = faults.severity(FaultKind.STUCK_COOLANT_VALVE, seconds) > 0
        self.demanded = controls.opening(Valve.COOLANT)
        if not stuck:
            self.position = self.demanded
        blocked = faults.severity(FaultKind.BLOCKED_TUBES, seconds)
        opening = clamp(self.position + 0.6 * controls.opening(Valve.BYPASS), 0.0, 1.0)
        return opening * (1.0 - 0.5 * blocked) * (1.0 - 0.4 * controls.opening(Valve.BACKFLUSH))

    def step(self, controls: Controls, faults: Faults, seconds: float, delivered: float) -> None:
        """``delivered`` is the water's flow in m³/h."""
        fouling = faults.severity(FaultKind.FOULED_TUBES, seconds)
        if controls.openings[Valve.BACKFLUSH] >= 50.0:
            self.flushed = clamp(self.flushed + STEP_SECONDS * _FLUSHED_PER_SECOND, 0.0, 1.0)
        deposits = max(0.0, fouling - self.flushed)
        blocked = faults.severity(FaultKind.BLOCKED_TUBES, seconds)
        self.oil_in = approach(self.oil_in, 80.0 + 16.0 * faults.severity(FaultKind.HOT_OIL_FEED, seconds), 60.0)
        self.water_in = approach(
            self.water_in, 20.0 + 13.0 * faults.severity(FaultKind.WARM_COOLING_WATER, seconds), 60.0
        )
        relative = delivered / _NORMAL_FLOW
        effectiveness = 0.933 * (1.0 - 0.55 * deposits) * (1.0 - 0.15 * blocked) * relative / (relative + 0.6)
        transferred = effectiveness * (self.oil_in - self.water_in)
        self.oil_out = approach(self.oil_out, self.oil_in - transferred, 60.0)
        self.water_out = approach(self.water_out, self.water_in + 0.5 * transferred / max(relative, 0.2), 60.0)
        self.pressure_drop = 0.4 * relative * relative * (1.0 + 3.5 * blocked)
