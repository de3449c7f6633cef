"""Reading a series: its statistics, its steps, and its pattern."""

from __future__ import annotations

from assay.catalog.plant.faults import Fault, FaultKind, Faults
from assay.catalog.plant.noise import Noise
from assay.catalog.plant.plant import Plant
from assay.catalog.plant.questions.operation import HANDLES, Handle, change_points, levels
from assay.catalog.plant.questions.recording import Sample, Series, mean, record, rounded, shown
from assay.catalog.plant.sensors import SENSORS

_BASIC = (
    *("E1.oil_out_b", "pumps.pressure", "pumps.flow", "P1.vibration", "K1.discharge"),
    *("C1.current", "air.flow_b", "E1.water_out", "C1.load", "P1.bearing"),
)
PATTERNS = ("steady", "rising", "falling", "cycling", "spiking", "stepping")
_STEP_READING_SECONDS = 300.0
_RAMPS = {
    "rising": (
        (FaultKind.WORN_BEARING, "P1.vibration"),
        (FaultKind.FAILED_COOLER_FAN, "K1.discharge"),
    ),
    "falling": (
        (FaultKind.CLOGGED_STRAINER, "P1.suction"),
        (FaultKind.SLIPPING_BELT, "C1.belt_speed"),
    ),
}


def basic(count: int = 10) -> list[Sample]:
    """Mean, minimum and maximum, while an operator moves things."""
    samples: list[Sample] = []
    for index in range(count):
        noise, tag = Noise(1_000 + index), _BASIC[index % len(_BASIC)]
        plant, length = Plant(2_000 + index), noise.integer(8, 16)

        def operate(_: int, noise: Noise = noise, plant: Plant = plant) -> None:
            for handle in HANDLES:
                handle.move(plant, noise.uniform(handle.low, handle.high))

        series = record(plant, (tag,), length, 60.0, operate)[tag]
        expected = {"mean": rounded(mean(series)), "min": min(series), "max": max(series)}
        samples.append({"sample_id": f"s{index + 1:02d}", "input": shown(tag, series), "expected": expected})
    return samples


def step_functions(count: int = 15) -> list[Sample]:
    """How many steps a series has, and where the largest one is, counted from 0."""
    samples: list[Sample] = []
    seed = 3_000
    while len(samples) < count:
        seed += 1
        handle = HANDLES[len(samples) % len(HANDLES)]
        series, points = _stepped(Noise(seed), handle, seed, steps=1 + len(samples) % 3)
        changes = sorted((abs(_change(series, points, point)), point) for point in points)
        if len(changes) > 1 and changes[-1][0] < 1.4 * changes[-2][0]:
            continue
        largest = changes[-1][1]
        expected = {
            "steps": len(points),
            "largest_at": largest,
            "largest_change": rounded(_change(series, points, largest), 2),
        }
        samples.append(
            {"sample_id": f"s{len(samples) + 1:02d}", "input": shown(handle.tag, series), "expected": expected}
        )
    return samples


def _stepped(noise: Noise, handle: Handle, seed: int, steps: int) -> tuple[Series, list[int]]:
    length = noise.integer(20, 32)
    points = change_points(noise, length, steps, apart=4)
    positions = levels(noise, handle, steps + 1)
    plant = Plant(seed)

    def operate(index: int) -> None:
        handle.move(plant, positions[sum(point <= index for point in points)])

    operate(0)
    record(plant, (), 4, _STEP_READING_SECONDS)
    return record(plant, (handle.tag,), length, _STEP_READING_SECONDS, operate)[handle.tag], points


def _change(series: Series, points: list[int], point: int) -> float:
    """The mean after the step minus the mean before it, up to the steps next to it."""
    before = max((other for other in points if other < point), default=0)
    after = min((other for other in points if other > point), default=len(series))
    return mean(series[point:after]) - mean(series[before:point])


def patterns(count: int = 12) -> list[Sample]:
    samples: list[Sample] = []
    for index in range(count):
        pattern = PATTERNS[index % len(PATTERNS)]
        tag, series = _pattern(pattern, variant=index // len(PATTERNS) % 2, seed=4_000 + index)
        samples.append({"sample_id": f"s{index + 1:02d}", "input": shown(tag, series), "expected": pattern})
    return samples


def _pattern(pattern: str, variant: int, seed: int) -> tuple[str, Series]:
    noise, length = Noise(seed), 24
    if pattern in _RAMPS:
        kind, tag = _RAMPS[pattern][variant]
        plant = Plant(seed, Faults(Fault(kind=kind, growth_seconds=length * 60.0, severity=0.8)))
        return tag, record(plant, (tag,), length, 60.0)[tag]
    if pattern == "steady":
        tag = ("E1.water_out", "K1.current")[variant]
        return tag, record(Plant(seed), (tag,), length, 60.0)[tag]
    if pattern == "spiking":
        return _spiking(("P1.current", "air.flow_a")[variant], noise, seed, length)
    handle = HANDLES[variant]
    if pattern == "stepping":
        series, _ = _stepped(noise, handle, seed, steps=2)
        return handle.tag, series
    return handle.tag, _cycling(handle, seed, length, period=(6, 8)[variant])


def _cycling(handle: Handle, seed: int, length: int, period: int) -> Series:
    plant, half = Plant(seed), period // 2

    def operate(index: int) -> None:
        phase = abs(index % period - half) / half
        handle.move(plant, handle.low + (handle.high - handle.low) * phase)

    return record(plant, (handle.tag,), length, _STEP_READING_SECONDS, operate)[handle.tag]


def _spiking(tag: str, noise: Noise, seed: int, length: int) -> tuple[str, Series]:
    """A steady series with two single disturbed readings."""
    series = record(Plant(seed), (tag,), length, 60.0)[tag]
    sensor = SENSORS[tag]
    for point in change_points(noise, length, 2, apart=5):
        series[point] = rounded(series[point] + sensor.noise * noise.uniform(25.0, 40.0), sensor.decimals)
    return tag, series
