"""Requests about the model providers in the ledger, and about models as their providers list them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.providers import Provider, ProviderId, RegisteredProvider
from assay.contracts.rpc.provider_keys import KeyState, PublicKey
from assay.contracts.rpc.request import Request

Revision = Annotated[int, Meta(ge=0)]


class Providers(Data, frozen=True, kw_only=True):
    """By id. A key for the ledger is sealed to ``recipient``; without one, the ledger stores no keys."""

    items: tuple[RegisteredProvider, ...] = ()
    keys: tuple[KeyState, ...] = ()
    recipient: PublicKey | None = None


class ListProviders(Request[Providers], frozen=True, kw_only=True, tag="providers.list"):
    """List the providers in the ledger."""

    reply: ClassVar[Any] = Providers


class PutProvider(Request[RegisteredProvider], frozen=True, kw_only=True, tag="providers.put"):
    """Add a provider or replace it. ``revision`` is the one that is replaced, 0 for a new provider; refused if the
    provider was changed in the meantime."""

    reply: ClassVar[Any] = RegisteredProvider
    provider_id: ProviderId
    provider: Provider
    revision: Revision


class RemoveProvider(Request[RegisteredProvider], frozen=True, kw_only=True, tag="providers.remove"):
    """Remove a provider, and return it. Attempts of its models that have not started end as infrastructure errors."""

    reply: ClassVar[Any] = RegisteredProvider
    provider_id: ProviderId


class OfferedModel(Data, frozen=True, kw_only=True):
    """A model as its provider lists it. ``detail`` is what else the provider says, in a few words."""

    name: str
    detail: str = ""


class OfferedModels(Data, frozen=True, kw_only=True):
    """By name. ``reason`` says why the provider could not be asked; then there are no models."""

    provider_id: str
    models: tuple[OfferedModel, ...] = ()
    reason: str = ""
    fetched_at: datetime


class ListOfferedModels(Request[OfferedModels], frozen=True, kw_only=True, tag="models.list"):
    """Ask a provider which models it has, with the runner's keys and network. ``provider`` is set if it is in the
    ledger, ``key_permit`` if the ledger stores its key."""

    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = OfferedModels
    provider_id: ProviderId
    provider: Provider | None = None
    key_permit: str = ""


class PullProgress(Data, frozen=True, kw_only=True):
    """A model that its provider downloads. ``status`` is the current step in the provider's words. ``total_bytes``
    grows as the provider learns which files it needs. The pull has ended if ``done``, and failed if it also has an
    ``error``."""

    model: str
    status: str
    completed_bytes: int = 0
    total_bytes: int = 0
    done: bool = False
    error: str = ""


class PullModel(Request[PullProgress], frozen=True, kw_only=True, tag="models.pull"):
    """Let a provider download a model, and get the current progress at once; a pull that is running is joined.
    ``restart`` starts anew if the last pull has ended; otherwise its result is returned for a minute. ``provider`` is
    set if it is in the ledger, ``key_permit`` if the ledger stores its key."""

    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = PullProgress
    model: ModelName
    restart: bool = False
    provider: Provider | None = None
    key_permit: str = ""
