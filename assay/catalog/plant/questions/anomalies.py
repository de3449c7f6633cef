"""Finding the readings that do not belong to a series."""

from __future__ import annotations

from collections.abc import Callable

from assay.catalog.plant.noise import Noise
from assay.catalog.plant.plant import Plant
from assay.catalog.plant.questions.operation import change_points
from assay.catalog.plant.questions.recording import Sample, Series, record, rounded, shown
from assay.catalog.plant.sensors import SENSORS, Sensor

_READINGS = 40
_TAGS = ("E1.oil_out_b", "P1.current", "pumps.pressure", "K1.discharge", "C1.belt_speed", "air.flow_a", "C1.load")


def anomalies(count: int = 20) -> list[Sample]:
    """No, one or two intervals, each with one kind of disturbance."""
    samples: list[Sample] = []
    for index in range(count):
        noise, tag = Noise(6_000 + index), _TAGS[index % len(_TAGS)]
        sensor = SENSORS[tag]
        series = record(Plant(6_500 + index), (tag,), _READINGS, 60.0)[tag]
        intervals: list[list[int]] = []
        for number, start in enumerate(change_points(noise, _READINGS, index % 3, apart=11)):
            length = noise.integer(3, 7)
            _KINDS[(index + number) % len(_KINDS)](series, sensor, noise, start, length)
            intervals.append([start, start + length - 1])
        samples.append(
            {
                "sample_id": f"s{index + 1:02d}",
                "input": shown(tag, series),
                "expected": {"anomalies": intervals},
            }
        )
    return samples


def _offset(series: Series, sensor: Sensor, noise: Noise, start: int, length: int) -> None:
    shift = sensor.noise * noise.uniform(14.0, 24.0) * (1.0 if noise.chance(0.5) else -1.0)
    for index in range(start, start + length):
        series[index] = rounded(series[index] + shift, sensor.decimals)


def _burst(series: Series, sensor: Sensor, noise: Noise, start: int, length: int) -> None:
    """Readings far off to alternating sides."""
    for index in range(start, start + length):
        shift = sensor.noise * noise.uniform(12.0, 25.0) * (1.0 if index % 2 else -1.0)
        series[index] = rounded(series[index] + shift, sensor.decimals)


def _zero(series: Series, sensor: Sensor, noise: Noise, start: int, length: int) -> None:
    for index in range(start, start + length):
        series[index] = 0.0


_KINDS: tuple[Callable[[Series, Sensor, Noise, int, int], None], ...] = (_offset, _burst, _zero)
