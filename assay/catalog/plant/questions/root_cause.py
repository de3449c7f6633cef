"""Which fault a plant has, from telemetry, alarms and a part of the manual, with evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass

from assay.catalog.plant.controls import Valve
from assay.catalog.plant.faults import Fault, FaultKind, Faults
from assay.catalog.plant.limits import Alarms
from assay.catalog.plant.manual import manual
from assay.catalog.plant.noise import Noise
from assay.catalog.plant.plant import Plant
from assay.catalog.plant.questions.recording import Sample
from assay.catalog.plant.sensors import SENSORS

READINGS = 30
READING_SECONDS = 120.0
_MINUTES = READING_SECONDS / 60.0

_AREAS: dict[str, tuple[str, ...]] = {
    "pumps": ("P1.suction", "P1.current", "P1.vibration", "P1.bearing", "pumps.pressure", "pumps.flow", "E1.flow"),
    "cooler": (
        *("E1.flow", "E1.pressure_drop", "E1.water_in", "E1.water_out", "E1.oil_in", "E1.oil_out_a"),
        *("E1.oil_out_b", "E1.valve", "E1.valve_demand"),
    ),
    "air": ("air.pressure", "air.flow_a", "air.flow_b", "air.flow_c", "K1.current", "K1.discharge", "K1.filter_drop"),
    "conveyor": ("C1.drum_speed", "C1.belt_speed", "C1.load", "C1.current", "C1.motor"),
}
_PUMPS = (
    *(FaultKind.CLOGGED_STRAINER, FaultKind.WORN_BEARING, FaultKind.WORN_IMPELLER, FaultKind.LEAKING_SEAL),
    FaultKind.STUCK_FLOW_SENSOR,
)
_AIR = (
    *(FaultKind.AIR_LEAK, FaultKind.CLOGGED_INTAKE_FILTER, FaultKind.FAILED_COOLER_FAN),
    *(FaultKind.LEAKING_DISCHARGE_VALVE, FaultKind.FAILING_PRESSURE_SENSOR),
)
_CONVEYOR = (FaultKind.SLIPPING_BELT, FaultKind.OVERLOADED_BELT, FaultKind.JAMMED_BELT, FaultKind.WORN_ROLLERS)
_DISTURBANCES: dict[FaultKind, tuple[Fault, ...]] = {
    FaultKind.STUCK_COOLANT_VALVE: (
        Fault(kind=FaultKind.WARM_COOLING_WATER, onset_seconds=600.0, growth_seconds=1_500.0, severity=0.35),
    ),
}
"""What changes anyway, so that something that does not move is noticed."""
_VISIBLE_DEVIATIONS = 6.0
"""Standard deviations of a sensor's noise by which it must differ from a sound plant to be evidence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One question: the fault and everything that is shown of the plant that has it. ``rows`` are readings as text by
    sensor; ``evidence`` has the sensors that differ from those of a plant without the fault, with the minutes."""

    fault: Fault
    rows: dict[str, list[str]]
    alarms: list[tuple[float, str]]
    evidence: list[dict[str, str | float]]


def root_cause() -> list[Sample]:
    """One question for each kind of fault."""
    return [_sample(index, kind) for index, kind in enumerate(FaultKind)]


def diagnose(kind: FaultKind, seed: int) -> Diagnosis:
    """Two plants with the same noise, one of which has the fault: what differs is evidence."""
    noise = Noise(seed)
    fault = Fault(
        kind=kind,
        onset_seconds=60.0 * noise.integer(14, 26),
        growth_seconds=60.0 * noise.integer(6, 14),
        severity=noise.uniform(0.8, 1.0),
    )
    others = _DISTURBANCES.get(kind, ())
    faulty, sound = Plant(seed, Faults(fault, *others)), Plant(seed, Faults(*others))
    alarms = Alarms()
    rows: dict[str, list[str]] = {tag: [] for tag in SENSORS}
    differs: dict[str, list[bool]] = {tag: [] for tag in SENSORS}
    for index in range(READINGS):
        for plant in (faulty, sound):
            if kind is FaultKind.STUCK_FLOW_SENSOR:
                _move_valve(plant, index)
        for _ in range(round(READING_SECONDS / 10.0)):
            faulty.step()
            sound.step()
            alarms.update(faulty)
        for tag in SENSORS:
            rows[tag].append(faulty.shown(tag))
            differs[tag].append(_differs(tag, faulty.value(tag), sound.value(tag)))
    return Diagnosis(fault=fault, rows=rows, alarms=alarms.lines, evidence=_evidence(differs))


def _move_valve(plant: Plant, index: int) -> None:
    plant.controls.coolant_automatic = False
    plant.controls.openings[Valve.COOLANT] = (50.0, 65.0, 40.0)[index // 6 % 3]


def _differs(tag: str, faulty: float | None, sound: float | None) -> bool:
    if faulty is None or sound is None:
        return faulty is not sound
    sensor = SENSORS[tag]
    visible = max(_VISIBLE_DEVIATIONS * sensor.noise, 3.0 / 10**sensor.decimals)
    return abs(faulty - sound) > visible


def _evidence(differs: dict[str, list[bool]]) -> list[dict[str, str | float]]:
    """From the first to the last reading that differs, if that is at least a tenth of all readings."""
    found: list[dict[str, str | float]] = []
    for tag, flags in differs.items():
        marked = [index for index, differing in enumerate(flags) if differing]
        if len(marked) >= READINGS // 10:
            found.append({"sensor": tag, "start": _minute(marked[0]), "end": _minute(marked[-1])})
    return found


def _minute(index: int) -> float:
    return (index + 1) * _MINUTES


def _sample(index: int, kind: FaultKind) -> Sample:
    seed = 7_000 + index
    found, area = diagnose(kind, seed), _area(kind)
    tags = _shown_tags(area, Noise(seed + 500))
    evidence = [each for each in found.evidence if each["sensor"] in tags]
    assert len(evidence) >= 1, kind
    other = sorted(set(_AREAS) - {area})[index % 3]
    text = "\n\n".join(
        (
            "Telemetry:\n" + _table(tags, found.rows),
            "Alarm log:\n" + ("\n".join(f"{_clock(at)} {line}" for at, line in found.alarms) or "(no alarms)"),
            "Manual, " + area + ":\n" + manual()[area],
            "Manual, " + other + ":\n" + manual()[other],
        )
    )
    reference = {"cause": kind.value, "evidence": evidence[:2], "confidence": 0.9}
    return {
        "sample_id": f"s{index + 1:02d}",
        "input": text,
        "expected": {"cause": kind.value, "evidence": evidence},
        "reference": json.dumps(reference),
    }


def _area(kind: FaultKind) -> str:
    if kind in _PUMPS:
        return "pumps"
    if kind in _AIR:
        return "air"
    return "conveyor" if kind in _CONVEYOR else "cooler"


def _shown_tags(area: str, noise: Noise) -> list[str]:
    """The area's sensors, and three of others, in the plant's order."""
    others = [tag for tag in SENSORS if tag not in _AREAS[area] and not tag.startswith(("P2", "K2"))]
    more = [others.pop(noise.integer(0, len(others) - 1)) for _ in range(3)]
    return [tag for tag in SENSORS if tag in _AREAS[area] or tag in more]


def _table(tags: list[str], rows: dict[str, list[str]]) -> str:
    header = ",".join(["minute", *(f"{tag} ({SENSORS[tag].unit})" for tag in tags)])
    lines = [",".join([f"{_minute(index):g}", *(rows[tag][index] for tag in tags)]) for index in range(READINGS)]
    return "\n".join([header, *lines])


def _clock(seconds: float) -> str:
    return f"minute {seconds / 60.0:.1f}"
