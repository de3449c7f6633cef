"""Settings of the runner, from the environment (prefix ``ASSAY_``). Keys of providers are not among them: they are read
from the variables that the catalogue's ``models.yaml`` names, when a provider is first asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from assay.bus.settings import BusEnvironment
from assay.worker.host_resources import Reserve
from services.runner.models.protocol import SILENCE_SECONDS


class RunnerSettings(BusEnvironment):
    """``runner_slots`` attempts are made at once. A model that says nothing for ``call_silence_seconds`` has timed out.
    ``sandbox`` names the kinds that may be used, separated by commas: ``auto`` is bubblewrap and Docker, each where it
    is needed and works; ``process`` isolates nothing, and beside others is only for runs that name it."""

    artifacts_url: str = ".assay/artifacts"
    catalog: Path = Path("catalog")
    pool: str = "default"
    sandbox: str = "auto"
    warm_sandboxes: Annotated[int, Field(ge=0, le=1000)] = 0
    """So many of Docker's are made in advance, for whoever wants one like the last."""
    runner_slots: Annotated[int, Field(ge=1, le=10_000)] = 32
    reserve: Reserve = Reserve()
    """What must stay free on the host; ``ASSAY_RESERVE={"memory_mb": 512, "disk_mb": 1024}``."""
    mcp_urls: tuple[str, ...] = ()
    """Where MCP servers of tasks may be asked, with all below; ``ASSAY_MCP_URLS=["https://tools.example.org/mcp"]``."""
    call_silence_seconds: Annotated[float, Field(gt=0)] = SILENCE_SECONDS
