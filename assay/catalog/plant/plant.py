"""The whole plant, step by step."""

from __future__ import annotations

from assay.catalog.plant.air import Air
from assay.catalog.plant.controls import Controls
from assay.catalog.plant.conveyor import Conveyor
from assay.catalog.plant.cooler import Cooler
from assay.catalog.plant.dynamics import STEP_SECONDS
from assay.catalog.plant.faults import Faults
from assay.catalog.plant.noise import Noise
from assay.catalog.plant.pumps import Pumps
from assay.catalog.plant.sensors import SENSORS, Machines, Reading

_WARM_UP_STEPS = 180


class Plant:
    """Starts in its normal state. ``seconds`` is the time since then."""

    def __init__(self, seed: int, faults: Faults | None = None, controls: Controls | None = None) -> None:
        self.controls = controls or Controls()
        self.machines = Machines(pumps=Pumps(), cooler=Cooler(), air=Air(), conveyor=Conveyor())
        self.seconds = 0.0
        self._faults = Faults()
        noise = Noise(seed)
        self._readings = {tag: Reading(sensor, noise) for tag, sensor in SENSORS.items()}
        for _ in range(_WARM_UP_STEPS):
            self.step()
        self.seconds, self._faults = 0.0, faults or Faults()

    def step(self) -> None:
        """``STEP_SECONDS`` of operation."""
        machines, controls, faults, now = self.machines, self.controls, self._faults, self.seconds
        measured = self._readings["E1.oil_out_a"].value
        machines.cooler.control(controls, measured if measured is not None else machines.cooler.oil_out)
        opening = machines.cooler.path(controls, faults, now)
        machines.pumps.step(controls, faults, now, opening)
        machines.cooler.step(controls, faults, now, machines.pumps.delivered)
        machines.air.step(controls, faults, now)
        machines.conveyor.step(controls, faults, now)
        self.seconds += STEP_SECONDS
        for tag, reading in self._readings.items():
            fault = SENSORS[tag].fault
            reading.update(machines, faults.severity(fault, now) if fault else 0.0)

    def value(self, tag: str) -> float | None:
        """As the sensor shows it; None for a lost reading."""
        return self._readings[tag].value

    def shown(self, tag: str) -> str:
        return self._readings[tag].text()
