"""Requests about the keys of providers that the ledger stores. Each key is sealed to the process that may read it
(``assay.sealing``), so it crosses the bus encrypted."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.providers import BaseUrl, ProviderId, StoredKey
from assay.contracts.rpc.request import Request

PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
"""Of X25519."""


class KeyState(Data, frozen=True, kw_only=True):
    """A provider's stored key. ``registered``: of a provider in the ledger, not of one of the catalogue's file. With
    the ``permit``, a runner can open the key within the next minutes, to answer a question about the provider."""

    provider_id: ProviderId
    registered: bool
    key: StoredKey
    permit: str


class PutProviderKey(Request[StoredKey], frozen=True, kw_only=True, tag="providers.put_key"):
    """Store a provider's key, or replace it. ``sealed`` is the key, sealed to the ledger. ``revision`` is that of the
    provider it is meant for, 0 for one of the catalogue's file; refused if the provider was changed in the meantime."""

    reply: ClassVar[Any] = StoredKey
    provider_id: ProviderId
    sealed: bytes
    revision: Annotated[int, Meta(ge=0)]


class RemoveProviderKey(Request[StoredKey], frozen=True, kw_only=True, tag="providers.remove_key"):
    """Remove a provider's stored key. Attempts that opened it keep it until they end."""

    reply: ClassVar[Any] = StoredKey
    provider_id: ProviderId


class SealedKey(Data, frozen=True, kw_only=True):
    """A key, sealed to the runner that asked for it."""

    sealed: bytes
    revision: int


class OpenProviderKey(Request[SealedKey], frozen=True, kw_only=True, tag="providers.open_key"):
    """Get a provider's stored key for a lease (``attempt_id`` and ``token``) of one of its models, or by a ``permit``.
    ``base_url`` is where the runner will send it: refused if a provider in the ledger has another address."""

    reply: ClassVar[Any] = SealedKey
    provider_id: ProviderId
    recipient: PublicKey
    base_url: BaseUrl | None = None
    attempt_id: str = ""
    token: int = 0
    permit: str = ""
