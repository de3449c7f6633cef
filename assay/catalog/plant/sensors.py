"""What is measured, in which unit, how precisely, and how sensors themselves fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assay.catalog.plant.air import Air
from assay.catalog.plant.controls import Valve
from assay.catalog.plant.conveyor import Conveyor
from assay.catalog.plant.cooler import Cooler
from assay.catalog.plant.faults import FaultKind
from assay.catalog.plant.noise import Noise
from assay.catalog.plant.pumps import Pumps


@dataclass(frozen=True, kw_only=True, slots=True)
class Machines:
    """The state of everything that is measured."""

    pumps: Pumps
    cooler: Cooler
    air: Air
    conveyor: Conveyor


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensor:
    """``decimals`` is the resolution, ``noise`` the standard deviation, both in ``unit``. ``fault`` is the one that the
    sensor itself can have: ``drift`` is added at its worst, ``sticks`` repeats a value, ``drops`` loses readings."""

    tag: str
    unit: str
    title: str
    true: Callable[[Machines], float]
    decimals: int = 1
    noise: float = 0.0
    fault: FaultKind | None = None
    drift: float = 0.0
    sticks: bool = False
    drops: bool = False


def _sensor(tag: str, unit: str, title: str, noise: float, true: Callable[[Machines], float], **more: Any) -> Sensor:
    return Sensor(tag=tag, unit=unit, title=title, noise=noise, true=true, **more)


SENSORS: dict[str, Sensor] = {
    sensor.tag: sensor
    for sensor in (
        _sensor("P1.suction", "bar", "suction pressure of P1", 0.01, lambda at: at.pumps.duty.suction, decimals=2),
        _sensor("P1.current", "A", "motor current of P1", 0.15, lambda at: at.pumps.duty.current),
        _sensor("P1.vibration", "mm/s", "vibration of P1", 0.12, lambda at: at.pumps.duty.vibration),
        _sensor("P1.bearing", "°C", "bearing temperature of P1", 0.2, lambda at: at.pumps.duty.bearing),
        _sensor("P2.current", "A", "motor current of P2", 0.15, lambda at: at.pumps.standby.current),
        _sensor("P2.vibration", "mm/s", "vibration of P2", 0.12, lambda at: at.pumps.standby.vibration),
        _sensor(
            "pumps.pressure", "bar", "pressure at the pumps' outlet", 0.02, lambda at: at.pumps.pressure, decimals=2
        ),
        _sensor(
            "pumps.flow",
            "m³/h",
            "water that leaves the pumps",
            0.2,
            lambda at: at.pumps.flow,
            fault=FaultKind.STUCK_FLOW_SENSOR,
            sticks=True,
        ),
        _sensor("E1.flow", "m³/h", "water that enters the cooler", 0.2, lambda at: at.pumps.delivered),
        _sensor(
            "E1.pressure_drop",
            "bar",
            "pressure drop of the cooler's water side",
            0.01,
            lambda at: at.cooler.pressure_drop,
            decimals=2,
        ),
        _sensor("E1.water_in", "°C", "water into the cooler", 0.1, lambda at: at.cooler.water_in),
        _sensor("E1.water_out", "°C", "water out of the cooler", 0.1, lambda at: at.cooler.water_out),
        _sensor("E1.oil_in", "°C", "oil into the cooler", 0.15, lambda at: at.cooler.oil_in),
        _sensor(
            "E1.oil_out_a",
            "°C",
            "oil out of the cooler, sensor A, used by the controller",
            0.15,
            lambda at: at.cooler.oil_out,
            fault=FaultKind.DRIFTING_OIL_SENSOR,
            drift=9.0,
        ),
        _sensor("E1.oil_out_b", "°C", "oil out of the cooler, sensor B", 0.15, lambda at: at.cooler.oil_out),
        _sensor(
            "E1.valve",
            "%",
            "measured position of the coolant valve",
            0.3,
            lambda at: at.cooler.position * 100.0,
            decimals=0,
        ),
        _sensor(
            "E1.valve_demand",
            "%",
            "position that the coolant valve was told to take",
            0.0,
            lambda at: at.cooler.demanded * 100.0,
            decimals=0,
        ),
        _sensor(
            "air.pressure",
            "bar",
            "air pressure in the receiver",
            0.01,
            lambda at: at.air.pressure,
            decimals=2,
            fault=FaultKind.FAILING_PRESSURE_SENSOR,
            drops=True,
        ),
        _sensor("air.flow_a", "m³/min", "air into branch A", 0.05, lambda at: at.air.branches[Valve.BRANCH_A]),
        _sensor("air.flow_b", "m³/min", "air into branch B", 0.05, lambda at: at.air.branches[Valve.BRANCH_B]),
        _sensor("air.flow_c", "m³/min", "air into branch C", 0.05, lambda at: at.air.branches[Valve.BRANCH_C]),
        _sensor("K1.current", "A", "motor current of K1", 0.2, lambda at: at.air.duty.current),
        _sensor("K1.discharge", "°C", "discharge temperature of K1", 0.3, lambda at: at.air.duty.discharge),
        _sensor(
            "K1.filter_drop", "mbar", "pressure drop of K1's intake filter", 0.2, lambda at: at.air.duty.filter_drop
        ),
        _sensor("K2.current", "A", "motor current of K2", 0.2, lambda at: at.air.standby.current),
        _sensor("K2.discharge", "°C", "discharge temperature of K2", 0.3, lambda at: at.air.standby.discharge),
        _sensor("C1.drum_speed", "m/min", "speed of the conveyor's drum", 0.1, lambda at: at.conveyor.drum_speed),
        _sensor("C1.belt_speed", "m/min", "speed of the conveyor's belt", 0.1, lambda at: at.conveyor.belt_speed),
        _sensor("C1.load", "kg/m", "load on the belt", 0.4, lambda at: at.conveyor.load),
        _sensor("C1.current", "A", "motor current of C1", 0.15, lambda at: at.conveyor.current),
        _sensor("C1.motor", "°C", "motor temperature of C1", 0.2, lambda at: at.conveyor.motor),
    )
}


class Reading:
    """The sensor's value at every step: the true one, with noise and its own fault."""

    def __init__(self, sensor: Sensor, noise: Noise) -> None:
        self._sensor, self._noise = sensor, noise
        self._stuck: float | None = None
        self.value: float | None = None

    def update(self, machines: Machines, severity: float) -> None:
        """``severity`` is that of the sensor's own fault. Draws the same random numbers whatever happens."""
        sensor = self._sensor
        value = sensor.true(machines) + self._noise.normal(sensor.noise) + sensor.drift * severity
        lost = self._noise.chance(0.5)
        if sensor.sticks and severity > 0:
            self._stuck = self.value if self._stuck is None else self._stuck
            value = self._stuck if self._stuck is not None else value
        rounded = round(value, sensor.decimals)
        self.value = None if sensor.drops and severity > 0 and lost else rounded

    def text(self) -> str:
        """``bad`` for a lost reading."""
        return "bad" if self.value is None else f"{self.value:.{self._sensor.decimals}f}"
