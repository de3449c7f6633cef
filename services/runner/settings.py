"""Settings of the runner, from the environment (prefix ``ASSAY_``). Provider keys are not settings: they are read from
the variables that the catalogue's ``models.yaml`` names, when a provider is first used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from assay.bus.settings import BusEnvironment
from assay.service.settings import EndpointEnvironment
from assay.worker.host_resources import Reserve
from services.runner.models.http.address_policy import parse_networks
from services.runner.models.protocol import READ_TIMEOUT_SECONDS


class RunnerSettings(BusEnvironment, EndpointEnvironment):
    """``runner_slots`` attempts run concurrently. A model request times out after ``call_silence_seconds`` without
    data. ``sandbox`` lists the allowed sandbox kinds, separated by commas: ``auto`` means bubblewrap and Docker, each
    where a task needs it and it works; ``process`` isolates nothing and, if listed with others, is used only for runs
    that ask for it."""

    artifacts_url: str = ".assay/artifacts"
    catalog: Path = Path("catalog")
    catalog_content: str = ""
    """Instead of ``catalog``, its providers and scripted models as text (``assay workers token``)."""
    pool: str = "default"
    sandbox: str = "auto"
    warm_sandboxes: Annotated[int, Field(ge=0, le=1000)] = 0
    """Number of Docker sandboxes created in advance, each like one that was opened recently."""
    runner_slots: Annotated[int, Field(ge=1, le=10_000)] = 32
    drain_seconds: Annotated[float, Field(gt=0, le=86_400)] = 25.0
    """After a signal, running attempts have this long to end; what is left goes to other runners."""
    reserve: Reserve = Reserve()
    """What must stay free on the host, in MiB; ``ASSAY_RESERVE={"memory_mb": 512, "disk_mb": 1024}``."""
    mcp_urls: tuple[str, ...] = ()
    """URL prefixes of the MCP servers that tasks may use; ``ASSAY_MCP_URLS=["https://tools.example.org/mcp"]``."""
    local_networks: str = ""
    """Where providers may be that users add as local: networks such as ``10.1.0.0/16``, separated by commas;
    ``loopback`` and ``private`` stand for the usual ones. All other providers that users add must have public
    addresses; those of ``models.yaml`` may be anywhere."""
    call_silence_seconds: Annotated[float, Field(gt=0)] = READ_TIMEOUT_SECONDS

    @field_validator("local_networks")
    @classmethod
    def _known_networks(cls, text: str) -> str:
        try:
            parse_networks(text)
        except ValueError as error:
            raise ValueError(f"{error}; write networks such as 10.1.0.0/16, loopback or private") from error
        return text
