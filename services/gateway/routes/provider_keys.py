"""Keys of providers, encrypted in the ledger. They can be stored, replaced and removed, but not read."""

from __future__ import annotations

from litestar import Router, delete, put
from litestar.params import JSONBody

from assay.contracts.codec import Data
from assay.contracts.models import Origin
from assay.contracts.problems import FieldError
from assay.contracts.providers import PROVIDER_KEY_PURPOSE, ProviderView, StoredKey
from assay.contracts.rpc import ListProviders, PutProviderKey, RemoveProviderKey
from assay.contracts.rpc.providers import Revision
from assay.sealing.sealed_box import seal
from services.gateway.errors import InvalidRequest, KeysUnavailable
from services.gateway.http.parameters import ProviderName
from services.gateway.http.request_body import Body
from services.gateway.ports import Ports, PortsDependency
from services.gateway.routes.providers import find_provider

MAX_KEY_CHARACTERS = 8000


class ProviderKeyChange(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's key. ``revision`` is that of the provider, so that the key cannot reach another address than the one
    it was meant for; 0 for a provider of ``models.yaml``."""

    key: str
    revision: Revision = 0

    def __repr__(self) -> str:
        return f"ProviderKeyChange(key=..., revision={self.revision})"


@put(
    "/{provider_id:str}/key",
    summary="Store a provider's key",
    operation_id="put_provider_key",
    dto=Body[ProviderKeyChange],
    return_dto=None,
)
async def put_provider_key(
    provider_id: ProviderName, data: JSONBody[ProviderKeyChange], ports: PortsDependency
) -> StoredKey:
    """It replaces a stored key, and is used unless the runners have the provider's variable. Requests under way keep
    the key they began with. It is refused with `provider_changed` if the provider is not at `revision` any more."""
    view = await find_provider(provider_id, ports)
    key = _check_key(view, data.key.strip())
    sealed = seal(key, await _recipient(ports), PROVIDER_KEY_PURPOSE)
    return await ports.bus.rpc.request(PutProviderKey(provider_id=provider_id, sealed=sealed, revision=data.revision))


@delete(
    "/{provider_id:str}/key", summary="Remove a provider's key", operation_id="remove_provider_key", status_code=204
)
async def remove_provider_key(provider_id: ProviderName, ports: PortsDependency) -> None:
    """Attempts that have begun keep the key until they end."""
    await ports.bus.rpc.request(RemoveProviderKey(provider_id=provider_id))


def _check_key(view: ProviderView, key: str) -> str:
    """Raises InvalidRequest, without repeating the key."""
    if not view.provider.takes_key:
        where = "in models.yaml" if view.origin is Origin.FILE else "first"
        message = f"provider {view.provider_id!r} is called without a key; set its stored_key to true {where}"
    elif not key or len(key) > MAX_KEY_CHARACTERS:
        message = f"must have 1 to {MAX_KEY_CHARACTERS} characters"
    elif not key.isascii() or not key.isprintable() or " " in key:
        message = "must be printable ASCII without spaces, because it is sent in an HTTP header"
    else:
        return key
    raise InvalidRequest(FieldError(where="key", message=message))


async def _recipient(ports: Ports) -> bytes:
    recipient = (await ports.bus.rpc.request(ListProviders())).recipient
    if recipient is None:
        raise KeysUnavailable
    return recipient


router = Router("/providers", route_handlers=[put_provider_key, remove_provider_key], tags=["catalogue"])
