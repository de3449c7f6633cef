"""The embedded stack, with some of its children started otherwise: ``python -m tests.faults.processes.launch FILE``.

FILE is the JSON of a Launch. By a child's name (or its name without a number) it may have other environment variables
and another command in place of ``python -m services.<name>``.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from assay.embedded.errors import StackError
from assay.embedded.events import json_lines
from assay.embedded.managed_process import ProcessSpec
from assay.embedded.services import Address, ServiceSpecs, UpOptions
from assay.embedded.up import running_stack

LEFT_OUT = ("modelhost",)


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    data: str
    port: int
    runners: int = 8
    judges: int = 2
    environment: dict[str, dict[str, str]] = {}
    command: dict[str, list[str]] = {}


def main(file: str) -> None:
    launch = msgspec.json.decode(Path(file).read_bytes(), type=Launch)
    try:
        asyncio.run(_serve(launch))
    except StackError as error:
        sys.exit(str(error))


async def _serve(launch: Launch) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options = UpOptions(
        data=Path(launch.data), address=Address(port=launch.port), runners=launch.runners, judges=launch.judges
    )

    def choose(services: ServiceSpecs, options: UpOptions) -> Sequence[ProcessSpec]:
        return [_changed(spec, launch) for spec in services.specs(options) if spec.name not in LEFT_OUT]

    async with running_stack(options, json_lines(sys.stderr), choose):
        await stop.wait()


def _changed(spec: ProcessSpec, launch: Launch) -> ProcessSpec:
    kind = spec.name.rpartition("-")[0] or spec.name
    environment = {**launch.environment.get(kind, {}), **launch.environment.get(spec.name, {})}
    command = launch.command.get(spec.name) or launch.command.get(kind)
    return replace(
        spec,
        environment={**spec.environment, **environment},
        command=tuple(command) if command else spec.command,
    )


if __name__ == "__main__":
    main(sys.argv[1])
