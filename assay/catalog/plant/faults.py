"""What can go wrong in the plant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """The value is the cause's name in questions and answers."""

    CLOGGED_STRAINER = "clogged_strainer"
    WORN_BEARING = "worn_bearing"
    WORN_IMPELLER = "worn_impeller"
    LEAKING_SEAL = "leaking_seal"
    FOULED_TUBES = "fouled_tubes"
    BLOCKED_TUBES = "blocked_tubes"
    STUCK_COOLANT_VALVE = "stuck_coolant_valve"
    WARM_COOLING_WATER = "warm_cooling_water"
    HOT_OIL_FEED = "hot_oil_feed"
    AIR_LEAK = "air_leak"
    CLOGGED_INTAKE_FILTER = "clogged_intake_filter"
    FAILED_COOLER_FAN = "failed_cooler_fan"
    LEAKING_DISCHARGE_VALVE = "leaking_discharge_valve"
    SLIPPING_BELT = "slipping_belt"
    OVERLOADED_BELT = "overloaded_belt"
    JAMMED_BELT = "jammed_belt"
    WORN_ROLLERS = "worn_rollers"
    DRIFTING_OIL_SENSOR = "drifting_oil_sensor"
    STUCK_FLOW_SENSOR = "stuck_flow_sensor"
    FAILING_PRESSURE_SENSOR = "failing_pressure_sensor"


MEANINGS: dict[FaultKind, str] = {
    FaultKind.CLOGGED_STRAINER: "the suction strainer of pump P1 is clogged",
    FaultKind.WORN_BEARING: "the bearing of pump P1 is worn",
    FaultKind.WORN_IMPELLER: "the impeller of pump P1 is worn",
    FaultKind.LEAKING_SEAL: "water leaks between pump P1 and the cooler",
    FaultKind.FOULED_TUBES: "deposits in the cooler's tubes impede the heat transfer, not the flow",
    FaultKind.BLOCKED_TUBES: "debris blocks some of the cooler's tubes",
    FaultKind.STUCK_COOLANT_VALVE: "the coolant valve does not move",
    FaultKind.WARM_COOLING_WATER: "the cooling water arrives too warm",
    FaultKind.HOT_OIL_FEED: "the oil arrives too hot",
    FaultKind.AIR_LEAK: "air leaks from branch B",
    FaultKind.CLOGGED_INTAKE_FILTER: "the intake filter of compressor K1 is clogged",
    FaultKind.FAILED_COOLER_FAN: "the cooler fan of compressor K1 has failed",
    FaultKind.LEAKING_DISCHARGE_VALVE: "the discharge valve of compressor K1 leaks back",
    FaultKind.SLIPPING_BELT: "the conveyor's belt slips on its drum",
    FaultKind.OVERLOADED_BELT: "the product on the conveyor is too heavy",
    FaultKind.JAMMED_BELT: "a carton is wedged under the conveyor's belt",
    FaultKind.WORN_ROLLERS: "the conveyor's rollers turn with too much friction",
    FaultKind.DRIFTING_OIL_SENSOR: "oil sensor A drifts upwards, and the controller trusts it",
    FaultKind.STUCK_FLOW_SENSOR: "the sensor of the pump's flow repeats one value",
    FaultKind.FAILING_PRESSURE_SENSOR: "the sensor of the air pressure loses readings",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """It begins at ``onset_seconds`` and grows linearly to ``severity`` (1: the worst) within ``growth_seconds``."""

    kind: FaultKind
    onset_seconds: float = 0.0
    growth_seconds: float = 0.0
    severity: float = 1.0

    def severity_at(self, seconds: float) -> float:
        elapsed = seconds - self.onset_seconds
        if elapsed < 0:
            return 0.0
        if elapsed >= self.growth_seconds:
            return self.severity
        return self.severity * elapsed / self.growth_seconds


class Faults:
    """The faults of one plant, at most one of each kind."""

    def __init__(self, *faults: Fault) -> None:
        self._faults = {fault.kind: fault for fault in faults}

    def severity(self, kind: FaultKind, seconds: float) -> float:
        fault = self._faults.get(kind)
        return fault.severity_at(seconds) if fault else 0.0
