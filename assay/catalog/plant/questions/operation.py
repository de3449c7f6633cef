"""Ways to operate the plant so that one sensor follows."""

from __future__ import annotations

from dataclasses import dataclass

from assay.catalog.plant.controls import Valve
from assay.catalog.plant.noise import Noise
from assay.catalog.plant.plant import Plant


@dataclass(frozen=True, kw_only=True, slots=True)
class Handle:
    """A valve, the sensor that follows it within a few minutes, and the range in which it is moved, in percent."""

    valve: Valve
    tag: str
    low: float
    high: float

    def move(self, plant: Plant, percent: float) -> None:
        plant.controls.openings[self.valve] = percent
        if self.valve is Valve.COOLANT:
            plant.controls.coolant_automatic = False


HANDLES: tuple[Handle, ...] = (
    Handle(valve=Valve.FEED_GATE, tag="C1.load", low=20.0, high=100.0),
    Handle(valve=Valve.BRANCH_C, tag="air.flow_c", low=10.0, high=100.0),
    Handle(valve=Valve.BRANCH_B, tag="air.flow_b", low=10.0, high=100.0),
    Handle(valve=Valve.COOLANT, tag="pumps.flow", low=15.0, high=100.0),
    Handle(valve=Valve.TENSIONER, tag="C1.belt_speed", low=25.0, high=50.0),
)


def levels(noise: Noise, handle: Handle, count: int) -> list[float]:
    """Positions of which each differs from the one before by at least a quarter of the handle's range."""
    span = handle.high - handle.low
    chosen = [noise.uniform(handle.low, handle.high)]
    while len(chosen) < count:
        level = noise.uniform(handle.low, handle.high)
        if abs(level - chosen[-1]) >= span / 4.0:
            chosen.append(level)
    return chosen


def change_points(noise: Noise, length: int, count: int, apart: int) -> list[int]:
    """Indices in increasing order, at least ``apart`` readings from one another and from both ends. There must be room
    for them."""
    room = length - apart * (count + 1)
    assert room >= 0
    shifts = sorted(noise.integer(0, room) for _ in range(count))
    return [apart * (number + 1) + shift for number, shift in enumerate(shifts)]
