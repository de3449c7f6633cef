"""The sandbox of a task: limits, image, services, and the hosts it can reach."""

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
"""The port of the egress proxy on the loopback interface of a sandbox with ``egress``."""


class Place(StrEnum):
    """What a sandbox is opened for: the solver's work, running the submitted output, or the hidden tests."""

    ATTEMPT = "attempt"
    CANDIDATE = "candidate"
    TESTS = "tests"


class Capability(StrEnum):
    """The Linux capabilities a service can request: enough to start as root and switch to another user."""

    CHOWN = "CHOWN"
    DAC_OVERRIDE = "DAC_OVERRIDE"
    FOWNER = "FOWNER"
    SETGID = "SETGID"
    SETUID = "SETUID"


class Health(Data, frozen=True, kw_only=True):
    """A service is ready when ``command``, run in its container, exits with 0. It is run up to ``retries`` times, every
    ``interval_seconds``."""

    command: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]
    interval_seconds: Annotated[float, Meta(gt=0, le=60)] = 0.5
    timeout_seconds: Annotated[float, Meta(gt=0, le=60)] = 5.0
    retries: Annotated[int, Meta(ge=1, le=1000)] = 60


class Service(Data, frozen=True, kw_only=True):
    """A container next to the sandbox, reachable only from it, as ``name:port``. Its file system is read-only except
    for the folders in ``data``: in-memory file systems of ``data_mb`` MiB each, initially empty. ``memory_mb`` is in
    MiB."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    image: ImageName
    command: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    environment: dict[str, str] = field(default_factory=dict[str, str])
    ports: Annotated[tuple[Port, ...], Meta(max_length=20)] = ()
    """The service is ready when it listens on all of them and is healthy. All services of a task share one port
    range."""
    health: Health | None = None
    memory_mb: Annotated[int, Meta(ge=16, le=65_536)] = 256
    processes: Annotated[int, Meta(ge=1, le=4096)] = 64
    data: Annotated[tuple[FolderPath, ...], Meta(max_length=10)] = ()
    data_mb: Annotated[int, Meta(ge=1, le=65_536)] = 128
    capabilities: tuple[Capability, ...] = ()
    places: Annotated[tuple[Place, ...], Meta(min_length=1)] = tuple(Place)
    """The sandboxes that get an instance of this service."""


class SandboxSpec(Data, frozen=True, kw_only=True):
    """The limits of a sandbox; ``_mb`` fields are in MiB. The network is off unless the task requests it."""

    memory_mb: Annotated[int, Meta(ge=32, le=65_536)] = 512
    cpu_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 30.0
    wall_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 60.0
    processes: Annotated[int, Meta(ge=1, le=4096)] = 64
    open_files: Annotated[int, Meta(ge=16, le=65_536)] = 256
    workspace_mb: Annotated[int, Meta(ge=1, le=65_536)] = 64
    output_bytes: Annotated[int, Meta(ge=1024, le=100_000_000)] = 1_000_000
    network: bool = False
    image: Annotated[str, Meta(pattern=f"^({_IMAGE})?$", max_length=300)] = ""
    """The container image, by tag or digest, which requires Docker or Kubernetes. Empty: the provider's default."""
    build: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """The files to build the image from, including a ``Dockerfile``: the task's folder ``environment/``."""
    services: Annotated[tuple[Service, ...], Meta(max_length=8)] = ()
    egress: Annotated[tuple[EgressHost, ...], Meta(max_length=64)] = ()
    """The only hosts that an attempt can reach, over HTTP and HTTPS through the proxy in ``HTTPS_PROXY``: ``host``
    (ports 80 and 443) or ``host:port``."""

    @property
    def needs_docker(self) -> str:
        """The first requirement that only Docker can meet, not pods of the restricted Pod Security standard; empty if
        there is none."""
        if self.build:
            return "an image built from its Dockerfile"
        privileged = [service for service in self.services if service.capabilities]
        return f"the service {privileged[0].name} with capabilities" if privileged else ""

    @property
    def needs_containers(self) -> str:
        """The first requirement that only containers can meet; empty if there is none."""
        if self.services:
            return f"the service {self.services[0].name}"
        if self.egress:
            return f"network access to {self.egress[0]}"
        if self.build:
            return "an image built from its Dockerfile"
        return f"the image {self.image}" if self.image else ""

    def at(self, place: Place | None) -> SandboxSpec:
        """The spec for one place, with only the services of that place. Only attempts have egress, because grading must
        not depend on other hosts. None: nothing of the task runs in the sandbox, so only its limits remain."""
        if place is None:
            return structs.replace(self, services=(), egress=(), image="", build={})
        services = tuple(service for service in self.services if place in service.places)
        return structs.replace(self, services=services, egress=self.egress if place is Place.ATTEMPT else ())


class Connection(Data, frozen=True, kw_only=True):
    """A connection attempt from inside a sandbox to the outside: one line of ``egress.jsonl``."""

    at: datetime
    host: str
    port: int
    address: str = ""
    """The resolved address, if the name was resolved."""
    allowed: bool
    reason: str = ""
    """Why the connection failed or was refused."""
    sent_bytes: int = 0
    received_bytes: int = 0
    """Bytes on the wire, in headers and bodies, encrypted or not."""
    duration_seconds: float = 0.0
