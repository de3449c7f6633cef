"""The simulated plant: healthy by itself, and each fault shows what the manual says."""

from __future__ import annotations

import pytest

from assay.catalog.plant.controls import Controls, Machine, Valve
from assay.catalog.plant.faults import MEANINGS, Fault, FaultKind, Faults
from assay.catalog.plant.limits import Alarms, unhealthy, violations
from assay.catalog.plant.manual import manual
from assay.catalog.plant.plant import Plant
from assay.catalog.plant.sensors import SENSORS

_HOUR = 360


def run(plant: Plant, steps: int) -> Alarms:
    alarms = Alarms()
    for _ in range(steps):
        plant.step()
        alarms.update(plant)
    return alarms


def test_a_sound_plant_stays_healthy_without_an_alarm() -> None:
    plant = Plant(1)
    alarms = run(plant, 3 * _HOUR)
    assert unhealthy(plant.machines) == []
    assert violations(plant.machines, plant.controls) == []
    assert alarms.lines == []


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (FaultKind.CLOGGED_STRAINER, {"P1.suction": -1, "P1.vibration": 1, "pumps.pressure": -1}),
        (FaultKind.WORN_BEARING, {"P1.suction": 0, "P1.vibration": 1, "P1.bearing": 1, "pumps.pressure": 0}),
        (FaultKind.WORN_IMPELLER, {"P1.current": -1, "pumps.pressure": -1, "E1.valve": 1}),
        (FaultKind.LEAKING_SEAL, {"pumps.flow": 1}),
        (FaultKind.FOULED_TUBES, {"E1.oil_out_b": 1, "E1.valve": 1, "E1.flow": 1}),
        (FaultKind.BLOCKED_TUBES, {"E1.pressure_drop": 1}),
        (FaultKind.WARM_COOLING_WATER, {"E1.water_in": 1, "E1.valve": 1}),
        (FaultKind.HOT_OIL_FEED, {"E1.oil_in": 1, "E1.valve": 1}),
        (FaultKind.AIR_LEAK, {"air.pressure": -1, "air.flow_b": 1}),
        (FaultKind.CLOGGED_INTAKE_FILTER, {"air.pressure": -1, "K1.filter_drop": 1}),
        (FaultKind.FAILED_COOLER_FAN, {"K1.discharge": 1, "K1.current": 0, "air.pressure": 0}),
        (FaultKind.LEAKING_DISCHARGE_VALVE, {"K1.discharge": 1, "air.pressure": -1}),
        (FaultKind.SLIPPING_BELT, {"C1.belt_speed": -1, "C1.drum_speed": 0}),
        (FaultKind.OVERLOADED_BELT, {"C1.load": 1, "C1.motor": 1, "C1.belt_speed": 0}),
        (FaultKind.JAMMED_BELT, {"C1.belt_speed": -1, "C1.drum_speed": -1, "C1.current": 1}),
        (FaultKind.WORN_ROLLERS, {"C1.current": 1, "C1.motor": 1, "C1.load": 0, "C1.belt_speed": 0}),
        (FaultKind.DRIFTING_OIL_SENSOR, {"E1.oil_out_b": -1, "E1.valve": 1}),
    ],
)
def test_a_fault_moves_the_sensors_that_the_manual_names(kind: FaultKind, changes: dict[str, int]) -> None:
    """+1: rises by more than five standard deviations of its noise, -1: falls by as much, 0: neither."""
    faulty, sound = Plant(3, Faults(Fault(kind=kind, growth_seconds=600.0))), Plant(3)
    run(faulty, _HOUR)
    run(sound, _HOUR)
    found: dict[str, int] = {}
    for tag in changes:
        before, now = sound.value(tag), faulty.value(tag)
        assert before is not None
        assert now is not None
        found[tag] = (now - before > 5 * SENSORS[tag].noise) - (before - now > 5 * SENSORS[tag].noise)
    assert found == changes


def test_a_leak_shows_as_a_difference_of_two_flows() -> None:
    plant = Plant(4, Faults(Fault(kind=FaultKind.LEAKING_SEAL)))
    run(plant, 60)
    assert plant.machines.pumps.delivered < 0.7 * plant.machines.pumps.flow


def test_a_stuck_valve_ignores_the_controller() -> None:
    hot = Fault(kind=FaultKind.HOT_OIL_FEED, growth_seconds=60.0)
    plant = Plant(5, Faults(Fault(kind=FaultKind.STUCK_COOLANT_VALVE), hot))
    run(plant, 60)
    assert plant.machines.cooler.demanded > plant.machines.cooler.position + 0.2


def test_faulty_sensors_repeat_or_lose_readings_and_the_plant_itself_is_sound() -> None:
    stuck, lossy = (
        Plant(6, Faults(Fault(kind=kind))) for kind in (FaultKind.STUCK_FLOW_SENSOR, FaultKind.FAILING_PRESSURE_SENSOR)
    )
    flows: set[float | None] = set()
    lost = 0
    for _ in range(100):
        stuck.step()
        lossy.step()
        flows.add(stuck.value("pumps.flow"))
        lost += lossy.value("air.pressure") is None
    assert len(flows) == 1
    assert 30 < lost < 70
    assert unhealthy(stuck.machines) == unhealthy(lossy.machines) == []


def test_a_reading_does_not_depend_on_what_else_is_read() -> None:
    one, other = Plant(7), Plant(7)
    for _ in range(20):
        one.step()
        other.step()
        other.shown("P1.current")
    assert [one.shown(tag) for tag in SENSORS] == [other.shown(tag) for tag in SENSORS]


def test_an_alarm_is_raised_once_and_cleared_once() -> None:
    plant = Plant(8, Faults(Fault(kind=FaultKind.OVERLOADED_BELT, growth_seconds=60.0)))
    alarms = run(plant, 60)
    assert "C1.load high" in alarms.active
    plant.controls.openings[Valve.FEED_GATE] = 30.0
    for _ in range(60):
        plant.step()
        alarms.update(plant)
    texts = [text for _, text in alarms.lines if text.startswith("C1.load high")]
    assert len(texts) == 2
    assert texts[1] == "C1.load high: cleared"


def test_what_an_operator_must_not_do_is_a_violation_at_once() -> None:
    controls = Controls()
    controls.openings[Valve.TENSIONER] = 95.0
    controls.openings[Valve.BRANCH_A] = 10.0
    controls.running[Machine.P1] = controls.running[Machine.K1] = False
    assert len(violations(Plant(9).machines, controls)) == 4


def test_every_fault_has_a_meaning_and_every_topic_a_text() -> None:
    assert set(MEANINGS) == set(FaultKind)
    assert list(manual()) == ["overview", "safety", "pumps", "cooler", "air", "conveyor"]
    assert all(len(text) > 200 for text in manual().values())
