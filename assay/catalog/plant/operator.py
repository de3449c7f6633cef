"""The plant in the hands of an operator: tools that read and set it, and a log of what they did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from assay.catalog.plant.controls import Machine, Valve
from assay.catalog.plant.dynamics import STEP_SECONDS
from assay.catalog.plant.limits import Alarms, unhealthy, violations
from assay.catalog.plant.manual import manual
from assay.catalog.plant.plant import Plant
from assay.catalog.plant.scenarios import SCENARIOS
from assay.catalog.plant.sensors import SENSORS

MAX_WAIT_SECONDS = 300
_MAX_READINGS = len(SENSORS)


class ActionRefused(Exception):
    """The plant does not do that. The message says why, and what is possible."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """``violations`` of safety limits, with the seconds since the operator took over at which each was first seen.
    ``unhealthy`` is what is still out of its range at the end, ``meddled`` what sound equipment was left changed.
    ``actions`` counts those that took time, ``seconds`` is how long they took."""

    violations: dict[str, float]
    unhealthy: list[str]
    meddled: list[str]
    actions: int
    seconds: float

    @property
    def solved(self) -> bool:
        return not self.violations and not self.unhealthy and not self.meddled


class Operator:
    """``max_actions`` is the number of actions that the operator has. Reading and acting take 10 s each, waiting as
    long as it is asked to; the manual takes no time."""

    def __init__(self, scenario: str, seed: int, max_actions: int) -> None:
        """Raises KeyError for an unknown scenario."""
        self._scenario = SCENARIOS[scenario]
        self._plant = Plant(seed, self._scenario.fault_set)
        self._alarms = Alarms()
        self._violations: dict[str, float] = {}
        self.max_actions, self.actions = max_actions, 0
        self._run(self._scenario.lead_seconds, watched=False)
        self._reported = 0

    def use(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Uses a tool; returns what the operator sees. Raises ActionRefused; a refused action takes no time."""
        tool = _TOOLS.get(name)
        if tool is None:
            raise ActionRefused(f"there is no tool {name[:60]!r}; the tools are {', '.join(_TOOLS)}")
        if name != "read_manual" and self.actions >= self.max_actions:
            raise ActionRefused(f"all {self.max_actions} actions are used; submit")
        return tool(self, arguments)

    def outcome(self) -> Outcome:
        """Lets the plant run on its own, then judges it. Nothing can be done afterwards."""
        acted = self._plant.seconds - self._scenario.lead_seconds
        self._run(self._scenario.settling_seconds)
        return Outcome(
            violations=dict(self._violations),
            unhealthy=unhealthy(self._plant.machines),
            meddled=[name.value for name in self._plant.controls.changed() if name not in self._scenario.remedy],
            actions=self.actions,
            seconds=acted,
        )

    # --- tools

    def _read_manual(self, arguments: Mapping[str, Any]) -> str:
        topics = manual()
        return topics[_one_of(arguments, "topic", list(topics))]

    def _read_sensors(self, arguments: Mapping[str, Any]) -> str:
        tags = arguments.get("sensors") or []
        if not isinstance(tags, list | tuple) or len(tags) > _MAX_READINGS:
            raise ActionRefused("'sensors' must be a list of names; leave it out to read all of them")
        for tag in tags:
            if not isinstance(tag, str) or tag not in SENSORS:
                raise ActionRefused(f"there is no sensor {str(tag)[:60]!r}; the sensors are {', '.join(SENSORS)}")
        self._act()
        lines = [f"{tag} = {self._plant.shown(tag)} {SENSORS[tag].unit}" for tag in tags or SENSORS]
        return self._report(lines)

    def _set_valve(self, arguments: Mapping[str, Any]) -> str:
        valve = Valve(_one_of(arguments, "valve", [valve.value for valve in Valve]))
        percent = _number(arguments, "percent", 0, 100)
        self._plant.controls.openings[valve] = percent
        if valve is Valve.COOLANT:
            self._plant.controls.coolant_automatic = False
        self._act()
        return self._report([f"{valve.value} is set to {percent:g} %"])

    def _set_automatic(self, arguments: Mapping[str, Any]) -> str:
        self._plant.controls.coolant_automatic = True
        self._act()
        return self._report(["the controller sets coolant_valve"])

    def _start_machine(self, arguments: Mapping[str, Any]) -> str:
        return self._switch(arguments, running=True)

    def _stop_machine(self, arguments: Mapping[str, Any]) -> str:
        return self._switch(arguments, running=False)

    def _switch(self, arguments: Mapping[str, Any], *, running: bool) -> str:
        machine = Machine(_one_of(arguments, "machine", [machine.value for machine in Machine]))
        self._plant.controls.running[machine] = running
        self._act()
        return self._report([f"{machine.value} is {'running' if running else 'stopped'}"])

    def _wait(self, arguments: Mapping[str, Any]) -> str:
        seconds = _number(arguments, "seconds", 1, MAX_WAIT_SECONDS)
        self.actions += 1
        self._run(STEP_SECONDS * ceil(seconds / STEP_SECONDS))
        return self._report([])

    # --- time

    def _act(self) -> None:
        self.actions += 1
        self._run(STEP_SECONDS)

    def _run(self, seconds: float, *, watched: bool = True) -> None:
        for _ in range(round(seconds / STEP_SECONDS)):
            self._plant.step()
            self._alarms.update(self._plant)
            if watched:
                since = self._plant.seconds - self._scenario.lead_seconds
                for name in violations(self._plant.machines, self._plant.controls):
                    self._violations.setdefault(name, since)

    def _report(self, lines: list[str]) -> str:
        """Adds the time, new alarms and the actions that are left."""
        news = [f"alarm at {_clock(at)}: {text}" for at, text in self._alarms.lines[self._reported :]]
        self._reported = len(self._alarms.lines)
        left = self.max_actions - self.actions
        return "\n".join([*lines, *news, f"time {_clock(self._plant.seconds)}, {left} actions left"])


_TOOLS: dict[str, Callable[[Operator, Mapping[str, Any]], str]] = {
    "read_manual": Operator._read_manual,
    "read_sensors": Operator._read_sensors,
    "set_valve": Operator._set_valve,
    "set_automatic": Operator._set_automatic,
    "start_machine": Operator._start_machine,
    "stop_machine": Operator._stop_machine,
    "wait": Operator._wait,
}


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _one_of(arguments: Mapping[str, Any], name: str, options: list[str]) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or value not in options:
        raise ActionRefused(f"{name!r} must be one of {', '.join(options)}")
    return value


def _number(arguments: Mapping[str, Any], name: str, low: float, high: float) -> float:
    value = arguments.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ActionRefused(f"{name!r} must be a number from {low:g} to {high:g}")
    return float(value)
