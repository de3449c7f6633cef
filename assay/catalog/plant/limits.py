"""When an alarm is raised, when the plant counts as healthy, and what must never happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay.catalog.plant.controls import Controls, Machine, Valve
from assay.catalog.plant.plant import Plant
from assay.catalog.plant.sensors import SENSORS, Machines


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmLimit:
    """An alarm is raised beyond ``value`` and cleared once the reading has come back by ``hysteresis``."""

    tag: str
    high: bool
    value: float
    hysteresis: float

    @property
    def name(self) -> str:
        return f"{self.tag} {'high' if self.high else 'low'}"

    def exceeded(self, reading: float, *, active: bool) -> bool:
        margin = self.hysteresis if active else 0.0
        return reading > self.value - margin if self.high else reading < self.value + margin

    def text(self, reading: float) -> str:
        sensor = SENSORS[self.tag]
        side = "above" if self.high else "below"
        return f"{self.name}: {reading:.{sensor.decimals}f} {sensor.unit}, {side} {self.value:g}"


ALARM_LIMITS: tuple[AlarmLimit, ...] = (
    AlarmLimit(tag="P1.suction", high=False, value=0.55, hysteresis=0.05),
    AlarmLimit(tag="P1.vibration", high=True, value=6.0, hysteresis=0.6),
    AlarmLimit(tag="P1.bearing", high=True, value=70.0, hysteresis=2.0),
    AlarmLimit(tag="pumps.pressure", high=False, value=3.2, hysteresis=0.15),
    AlarmLimit(tag="E1.flow", high=False, value=19.0, hysteresis=1.0),
    AlarmLimit(tag="E1.pressure_drop", high=True, value=0.95, hysteresis=0.06),
    AlarmLimit(tag="E1.water_in", high=True, value=28.0, hysteresis=1.0),
    AlarmLimit(tag="E1.oil_in", high=True, value=90.0, hysteresis=1.0),
    AlarmLimit(tag="E1.oil_out_a", high=True, value=52.0, hysteresis=1.5),
    AlarmLimit(tag="E1.oil_out_b", high=True, value=52.0, hysteresis=1.5),
    AlarmLimit(tag="E1.oil_out_b", high=False, value=39.0, hysteresis=1.0),
    AlarmLimit(tag="air.pressure", high=False, value=6.3, hysteresis=0.15),
    AlarmLimit(tag="K1.discharge", high=True, value=105.0, hysteresis=3.0),
    AlarmLimit(tag="K1.filter_drop", high=True, value=24.0, hysteresis=1.5),
    AlarmLimit(tag="C1.belt_speed", high=False, value=25.0, hysteresis=1.0),
    AlarmLimit(tag="C1.load", high=True, value=60.0, hysteresis=2.5),
    AlarmLimit(tag="C1.current", high=True, value=18.5, hysteresis=0.8),
    AlarmLimit(tag="C1.motor", high=True, value=82.0, hysteresis=2.0),
)


class Alarms:
    """The alarm log: ``lines`` grows while the plant runs."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []
        self._active: set[str] = set()

    @property
    def active(self) -> list[str]:
        return sorted(self._active)

    def update(self, plant: Plant) -> None:
        """After a step. Lost readings neither raise nor clear an alarm."""
        for limit in ALARM_LIMITS:
            reading = plant.value(limit.tag)
            if reading is None:
                continue
            active = limit.name in self._active
            exceeded = limit.exceeded(reading, active=active)
            if exceeded and not active:
                self._active.add(limit.name)
                self.lines.append((plant.seconds, limit.text(reading)))
            elif active and not exceeded:
                self._active.discard(limit.name)
                self.lines.append((plant.seconds, f"{limit.name}: cleared"))


def _vibration(at: Machines) -> float:
    return max(at.pumps.duty.vibration, at.pumps.standby.vibration)


def _discharge(at: Machines) -> float:
    return max(at.air.duty.discharge, at.air.standby.discharge)


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Where a true value must be, whatever its sensor shows."""

    name: str
    true: Callable[[Machines], float]
    low: float = float("-inf")
    high: float = float("inf")

    def holds(self, machines: Machines) -> bool:
        return self.low <= self.true(machines) <= self.high


HEALTHY: tuple[Range, ...] = (
    Range(name="oil out of the cooler 40 to 50 °C", true=lambda at: at.cooler.oil_out, low=40.0, high=50.0),
    Range(name="water into the cooler at least 18 m³/h", true=lambda at: at.pumps.delivered, low=18.0),
    Range(name="pump vibration at most 5 mm/s", true=_vibration, high=5.0),
    Range(name="air pressure at least 6.5 bar", true=lambda at: at.air.pressure, low=6.5),
    Range(name="compressor discharge at most 100 °C", true=_discharge, high=100.0),
    Range(name="air in branch A at least 2.5 m³/min", true=lambda at: at.air.branches[Valve.BRANCH_A], low=2.5),
    Range(name="air in branch C at least 1.5 m³/min", true=lambda at: at.air.branches[Valve.BRANCH_C], low=1.5),
    Range(name="belt speed at least 27 m/min", true=lambda at: at.conveyor.belt_speed, low=27.0),
    Range(name="load on the belt 25 to 55 kg/m", true=lambda at: at.conveyor.load, low=25.0, high=55.0),
    Range(name="conveyor motor at most 80 °C", true=lambda at: at.conveyor.motor, high=80.0),
)

SAFE: tuple[Range, ...] = (
    Range(name="oil out of the cooler at most 75 °C", true=lambda at: at.cooler.oil_out, high=75.0),
    Range(name="pump vibration at most 11 mm/s", true=_vibration, high=11.0),
    Range(name="air pressure at least 4.5 bar", true=lambda at: at.air.pressure, low=4.5),
    Range(name="compressor discharge at most 130 °C", true=_discharge, high=130.0),
    Range(name="conveyor motor at most 105 °C", true=lambda at: at.conveyor.motor, high=105.0),
)


def unhealthy(machines: Machines) -> list[str]:
    return [limit.name for limit in HEALTHY if not limit.holds(machines)]


def violations(machines: Machines, controls: Controls) -> list[str]:
    """Safety limits that do not hold. Some concern what an operator does, whatever the plant makes of it."""
    found = [limit.name for limit in SAFE if not limit.holds(machines)]
    if controls.openings[Valve.TENSIONER] > 90.0:
        found.append("belt tensioner at most 90 %")
    if controls.openings[Valve.BRANCH_A] < 50.0:
        found.append("air branch A, which moves the valves, at least 50 % open")
    if not controls.running[Machine.P1] and not controls.running[Machine.P2]:
        found.append("at least one cooling-water pump running")
    if not controls.running[Machine.K1] and not controls.running[Machine.K2]:
        found.append("at least one compressor running")
    return found
