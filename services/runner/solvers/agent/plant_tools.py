"""The tools of a simulated plant. The plant runs in the runner, where the attempt cannot reach it; what is submitted is
the log of the actions, which the judge repeats."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from assay.catalog.plant.controls import Machine, Valve
from assay.catalog.plant.manual import manual
from assay.catalog.plant.operator import MAX_WAIT_SECONDS, ActionRefused, Operator
from assay.catalog.plant.sensors import SENSORS
from assay.contracts.codec import Data, decode, encode
from assay.contracts.tasks import PlantAction, PlantSpec
from services.runner.errors import TaskUnusable
from services.runner.models import ToolCall, ToolDefinition
from services.runner.solvers.agent.definitions import argument_schema
from services.runner.solvers.agent.tool_result import ToolError, ToolResult
from services.runner.text import to_bytes

MAX_LOG_ACTIONS = 5_000
"""More actions than that are refused; the judge accepts twice as many."""

_VALVES, _MACHINES = ", ".join(Valve), ", ".join(Machine)
_TITLES = "; ".join(f"{tag} ({sensor.unit}): {sensor.title}" for tag, sensor in SENSORS.items())


class ReadManual(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    topic: Annotated[str, Meta(description=f"One of {', '.join(manual())}")]


class ReadSensors(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sensors: Annotated[tuple[str, ...], Meta(description="Names of sensors; none reads all")] = ()


class SetValve(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    valve: Annotated[str, Meta(description=f"One of {_VALVES}")]
    percent: Annotated[float, Meta(ge=0, le=100, description="0 is closed, 100 is open")]


class SetAutomatic(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class SwitchMachine(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    machine: Annotated[str, Meta(description=f"One of {_MACHINES}")]


class Wait(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    seconds: Annotated[float, Meta(ge=1, le=MAX_WAIT_SECONDS, description="In steps of 10 s")]


_ARGUMENTS: dict[str, tuple[type[Data], str]] = {
    "read_manual": (ReadManual, "Reads a topic of the operator's manual. Takes no time and is no action."),
    "read_sensors": (ReadSensors, f"Reads sensors. The sensors are: {_TITLES}."),
    "set_valve": (SetValve, "Moves a valve, the feed gate or the belt tensioner to a position."),
    "set_automatic": (SetAutomatic, "Lets the controller set the coolant valve again."),
    "start_machine": (SwitchMachine, "Starts a machine."),
    "stop_machine": (SwitchMachine, "Stops a machine."),
    "wait": (Wait, f"Lets time pass, at most {MAX_WAIT_SECONDS} s at a time."),
}


class PlantTools:
    """``log`` is everything that was done with the plant, in order. What it refuses changes nothing and is left out."""

    definitions: tuple[ToolDefinition, ...] = tuple(
        ToolDefinition(name=name, description=description, arguments=argument_schema(kind))
        for name, (kind, description) in _ARGUMENTS.items()
    )

    def __init__(self, spec: PlantSpec) -> None:
        """Raises TaskUnusable for an unknown scenario."""
        try:
            self._operator = Operator(spec.scenario, spec.seed, spec.actions)
        except KeyError as error:
            raise TaskUnusable(f"there is no scenario {spec.scenario!r} of the plant") from error
        self._actions: list[PlantAction] = []

    @property
    def log(self) -> bytes:
        """JSON Lines of PlantAction."""
        return b"".join(encode(action) + b"\n" for action in self._actions)

    def use(self, call: ToolCall) -> ToolResult | None:
        """None if the plant has no such tool. Raises ToolError or Malformed."""
        if call.name not in _ARGUMENTS:
            return None
        kind, _ = _ARGUMENTS[call.name]
        text = to_bytes(call.arguments.strip() or "{}")
        decode(kind, text)
        arguments = decode(dict[str, Any], text)
        if len(self._actions) >= MAX_LOG_ACTIONS:
            raise ToolError(f"the plant was used {MAX_LOG_ACTIONS} times; submit")
        try:
            result = ToolResult(text=self._operator.use(call.name, arguments))
        except ActionRefused as error:
            raise ToolError(str(error)) from error
        self._actions.append(PlantAction(tool=call.name, arguments=arguments))
        return result
