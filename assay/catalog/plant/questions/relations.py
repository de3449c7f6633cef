"""Several series at once: which sensor follows another one, after how many readings."""

from __future__ import annotations

from assay.catalog.plant.noise import Noise
from assay.catalog.plant.plant import Plant
from assay.catalog.plant.questions.operation import HANDLES, Handle
from assay.catalog.plant.questions.recording import Sample, Series, correlation, record, rounded, shown

MAX_LAG = 3
_READINGS = 18
_FOLLOWERS = {
    "C1.load": ("C1.current",),
    "air.flow_c": ("K1.current", "air.pressure"),
    "air.flow_b": ("K1.current", "K1.filter_drop"),
    "pumps.flow": ("E1.oil_out_b", "E1.water_out", "E1.pressure_drop"),
}
_UNRELATED = ("P1.vibration", "E1.water_in", "E1.oil_in", "C1.belt_speed", "K2.discharge", "air.flow_a", "P1.bearing")
_INTERVALS = (20.0, 30.0, 60.0)


def multivariate(count: int = 20) -> list[Sample]:
    samples: list[Sample] = []
    seed = 5_000
    while len(samples) < count:
        seed += 1
        sample = _relation(seed, HANDLES[len(samples) % len(_FOLLOWERS)], f"s{len(samples) + 1:02d}")
        if sample:
            samples.append(sample)
    return samples


def best_lag(leading: Series, following: Series) -> tuple[int, float, float]:
    """The lag whose correlation is strongest, that correlation, and by how much it is stronger than any other one."""
    found = [(correlation(leading[: len(leading) - lag], following[lag:]), lag) for lag in range(MAX_LAG + 1)]
    found.sort(key=lambda each: -abs(each[0]))
    (strongest, lag), (second, _) = found[0], found[1]
    return lag, strongest, abs(strongest) - abs(second)


def _relation(seed: int, handle: Handle, sample_id: str) -> Sample | None:
    """None if the relation is not clear enough to ask for."""
    noise, plant = Noise(seed), Plant(seed)
    follower = noise.choose(_FOLLOWERS[handle.tag])
    others = [tag for tag in _UNRELATED if tag != follower]
    unrelated = [others.pop(noise.integer(0, len(others) - 1)) for _ in range(2)]

    def operate(_: int) -> None:
        if noise.chance(0.5):
            handle.move(plant, noise.uniform(handle.low, handle.high))

    tags = sorted([follower, *unrelated])
    recorded = record(plant, (handle.tag, *tags), _READINGS, noise.choose(_INTERVALS), operate)
    leading = recorded[handle.tag]
    lag, strongest, margin = best_lag(leading, recorded[follower])
    rivals = [abs(best_lag(leading, recorded[tag])[1]) for tag in unrelated]
    if abs(strongest) < 0.85 or margin < 0.08 or max(rivals) > 0.6:
        return None
    lines = [shown(tag, recorded[tag]) for tag in (handle.tag, *tags)]
    expected = {"sensor": follower, "lag": lag, "correlation": rounded(strongest, 2)}
    return {
        "sample_id": sample_id,
        "input": f"Leading sensor: {handle.tag}\n" + "\n".join(lines),
        "expected": expected,
    }
