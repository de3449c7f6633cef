"""What the sandbox of a task must hold to, and what stands beside it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field, structs

from assay.contracts.codec import Data

Port = Annotated[int, Meta(ge=1, le=65_535)]
FolderPath = Annotated[str, Meta(pattern=r"^(/[A-Za-z0-9._-]+)+$", max_length=200)]
_IMAGE = r"[a-z0-9][A-Za-z0-9._/:-]*(@sha256:[0-9a-f]{64})?"
ImageName = Annotated[str, Meta(pattern=f"^{_IMAGE}$", max_length=300)]
EgressHost = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?$")]

EGRESS_PORT = 3128
"""Where the proxy is, on the loopback of a sandbox with a way out."""


class Place(StrEnum):
    """For what a sandbox of a task is opened: the solver's work, running what was handed in, or the hidden tests."""

    ATTEMPT = "attempt"
    CANDIDATE = "candidate"
    TESTS = "tests"


class Capability(StrEnum):
    """What a service may be given besides nothing at all: enough to start as root and become another user."""

    CHOWN = "CHOWN"
    DAC_OVERRIDE = "DAC_OVERRIDE"
    FOWNER = "FOWNER"
    SETGID = "SETGID"
    SETUID = "SETUID"


class Health(Data, frozen=True, kw_only=True):
    """A service is ready when ``command``, run in its container, exits with 0. Tried ``retries`` times at most, at an
    ``interval_seconds``."""

    command: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]
    interval_seconds: Annotated[float, Meta(gt=0, le=60)] = 0.5
    timeout_seconds: Annotated[float, Meta(gt=0, le=60)] = 5.0
    retries: Annotated[int, Meta(ge=1, le=1000)] = 60


class Service(Data, frozen=True, kw_only=True):
    """A container beside the sandbox, reached from it as ``name:port`` and from nowhere else. Its image's files cannot
    be written: what it writes goes to ``data``, folders in memory of ``data_mb`` each, empty at the start."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    image: ImageName
    command: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    environment: dict[str, str] = field(default_factory=dict[str, str])
    ports: Annotated[tuple[Port, ...], Meta(max_length=20)] = ()
    """It is ready when all of them are listened at, besides its health. All services share one range of ports."""
    health: Health | None = None
    memory_mb: Annotated[int, Meta(ge=16, le=65_536)] = 256
    processes: Annotated[int, Meta(ge=1, le=4096)] = 64
    data: Annotated[tuple[FolderPath, ...], Meta(max_length=10)] = ()
    data_mb: Annotated[int, Meta(ge=1, le=65_536)] = 128
    capabilities: tuple[Capability, ...] = ()
    places: Annotated[tuple[Place, ...], Meta(min_length=1)] = tuple(Place)
    """Beside which of the task's sandboxes it stands, each with a service of its own."""


class SandboxSpec(Data, frozen=True, kw_only=True):
    """What a sandbox must hold to. The network is off; a task that needs it says so."""

    memory_mb: Annotated[int, Meta(ge=32, le=65_536)] = 512
    cpu_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 30.0
    wall_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 60.0
    processes: Annotated[int, Meta(ge=1, le=4096)] = 64
    open_files: Annotated[int, Meta(ge=16, le=65_536)] = 256
    workspace_mb: Annotated[int, Meta(ge=1, le=65_536)] = 64
    output_bytes: Annotated[int, Meta(ge=1024, le=100_000_000)] = 1_000_000
    network: bool = False
    image: Annotated[str, Meta(pattern=f"^({_IMAGE})?$", max_length=300)] = ""
    """Of a container, by tag or by digest; a task that names one needs Docker. Empty: the provider's own."""
    build: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Instead of an image the files one is built from, ``Dockerfile`` among them: a task's folder ``environment/``."""
    services: Annotated[tuple[Service, ...], Meta(max_length=8)] = ()
    egress: Annotated[tuple[EgressHost, ...], Meta(max_length=64)] = ()
    """Hosts that an attempt may reach over HTTP and HTTPS, by the proxy that ``HTTPS_PROXY`` names and by nothing else:
    ``host`` (ports 80 and 443) or ``host:port``."""

    @property
    def needs_docker(self) -> str:
        """What of it only Docker can give; empty for nothing."""
        if self.services:
            return f"the service {self.services[0].name}"
        if self.egress:
            return f"a way to {self.egress[0]}"
        if self.build:
            return "an image built from its Dockerfile"
        return f"the image {self.image}" if self.image else ""

    def at(self, place: Place | None) -> SandboxSpec:
        """With what stands beside it in that place alone. Only an attempt has a way out: how it is judged depends on
        nobody else. None is a place where nothing of the task's runs: its limits alone are left."""
        if place is None:
            return structs.replace(self, services=(), egress=(), image="", build={})
        services = tuple(one for one in self.services if place in one.places)
        return structs.replace(self, services=services, egress=self.egress if place is Place.ATTEMPT else ())


class Connection(Data, frozen=True, kw_only=True):
    """One that was tried from inside a sandbox to the outside: a line of ``egress.jsonl``."""

    at: datetime
    host: str
    port: int
    address: str = ""
    """What the name was found to be, where it came to that."""
    allowed: bool
    reason: str = ""
    """Why it came to nothing."""
    sent_bytes: int = 0
    received_bytes: int = 0
    """Bodies and headers, encrypted or not, as they went over the wire."""
    duration_seconds: float = 0.0
