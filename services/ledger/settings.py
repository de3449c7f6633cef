"""Settings of the ledger, from the environment (prefix ``ASSAY_``)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from assay.bus.settings import BusEnvironment, BusSettings
from assay.contracts.money import Usd
from assay.contracts.sandboxes import SandboxKind
from assay.files.secrets import secret_file, sources_of
from assay.service.settings import EndpointEnvironment


class LedgerSettings(BusEnvironment, EndpointEnvironment):
    """Times are seconds. ``lease_seconds`` bounds how long a dead worker's attempt waits for another worker."""

    database_url: str = "postgresql://postgres@127.0.0.1/postgres"
    database_connections: int = 8
    lease_seconds: float = 15.0
    worker_silence_seconds: float = 12.0
    """After this long without a heartbeat a worker no longer counts as live."""
    order_patience_seconds: float = 30.0
    """An order that is not claimed this long after it was published is published again, then after longer times."""
    max_tries: int = 3
    """How many tries of an attempt infrastructure can lose before it ends as ``infra_error``."""
    day_limit_usd: Usd | None = "20"
    """A new project's limit per day (``assay limits set`` changes it)."""
    max_concurrency: int = 0
    """How many attempts of all runs can be under way; 0 leaves it to the number of workers."""
    sandboxes_on_demand: str = ""
    """Kinds of sandbox, separated by commas, whose workers an autoscaler starts when they are wanted: runs that need
    them are accepted although no live worker offers them."""
    report_batch: int = 200
    master_key: str = Field(default="", repr=False)
    """Encrypts the provider keys that the ledger stores: 32 bytes in base64, and after it earlier ones that are to be
    replaced. Without any master key, keys cannot be stored."""
    master_key_file: Path | None = None
    master_key_keyring: str = ""
    """The service under which the operating system's keyring has the master key, of the user ``master-key``."""
    consumers_file: Path | None = None
    """Names of external consumers, one per line. It is read when the ledger starts and whenever the bus has lost its
    store."""

    @model_validator(mode="after")
    def _require_database(self) -> Self:
        if secret_file("ASSAY_DATABASE_URL") and "database_url" not in self.model_fields_set:
            raise ValueError(f"the address of the database is missing: set {sources_of('ASSAY_DATABASE_URL')}")
        return self

    @field_validator("sandboxes_on_demand")
    @classmethod
    def _known_kinds(cls, text: str) -> str:
        kinds = [kind.strip() for kind in text.split(",") if kind.strip()]
        if unknown := [kind for kind in kinds if kind not in tuple(SandboxKind)]:
            raise ValueError(f"unknown kind of sandbox {unknown[0]!r}; known are {', '.join(SandboxKind)}")
        return ",".join(kinds)

    @property
    def on_demand(self) -> tuple[str, ...]:
        return tuple(filter(None, self.sandboxes_on_demand.split(",")))

    def bus(self, name: str) -> BusSettings:
        return replace(super().bus(name), consumers_file=self.consumers_file)
