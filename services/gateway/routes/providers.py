"""Model providers: those of the catalogue's file, and those in the ledger, which can be changed here."""

from __future__ import annotations

import re

from litestar import Router, delete, get, put
from litestar.params import JSONBody

from assay.catalog.models import provider_mistakes, registered_mistakes
from assay.catalog.yaml.document import path_text
from assay.contracts.codec import Data
from assay.contracts.models import Origin
from assay.contracts.problems import FieldError
from assay.contracts.providers import Provider, ProviderId, ProviderView
from assay.contracts.rpc import OfferedModels, PutProvider, RemoveProvider
from assay.contracts.rpc.providers import Revision
from assay.validation.did_you_mean import closest
from assay.validation.formats import FORMATS, pattern
from services.gateway.errors import InvalidRequest, NotFound, ReadOnlyProvider
from services.gateway.http.parameters import Name, ProviderName
from services.gateway.http.request_body import Body
from services.gateway.ports import Ports, PortsDependency

LIST_TIMEOUT_SECONDS = 40.0


class ProviderChange(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider as it should be. ``revision`` is the one it replaces; 0 adds a new provider."""

    provider: Provider
    revision: Revision = 0


@get("/", summary="List providers", operation_id="list_providers")
async def list_providers(ports: PortsDependency) -> list[ProviderView]:
    """Providers of `models.yaml` (`origin: file`), then those added here (`origin: database`)."""
    return await ports.catalog.providers()


@put(
    "/{provider_id:str}",
    summary="Add or change a provider",
    operation_id="put_provider",
    dto=Body[ProviderChange],
    return_dto=None,
)
async def put_provider(provider_id: Name, data: JSONBody[ProviderChange], ports: PortsDependency) -> ProviderView:
    """The change applies to attempts that start afterwards. It is refused with `provider_changed` if the provider is
    not at `revision` any more."""
    if not re.fullmatch(pattern(ProviderId), provider_id):
        raise InvalidRequest(FieldError(where="provider_id", message=f"must be {FORMATS[pattern(ProviderId)]}"))
    await _check_writable(provider_id, ports)
    if mistakes := [*provider_mistakes(provider_id, data.provider), *registered_mistakes(data.provider)]:
        raise InvalidRequest(*(FieldError(where=path_text(("provider", *at)), message=text) for at, text in mistakes))
    change = PutProvider(provider_id=provider_id, provider=data.provider, revision=data.revision)
    stored = await ports.bus.rpc.request(change)
    return ProviderView(
        provider_id=provider_id,
        origin=Origin.DATABASE,
        provider=stored.provider,
        revision=stored.revision,
        changed_at=stored.changed_at,
    )


@delete("/{provider_id:str}", summary="Remove a provider", operation_id="remove_provider")
async def remove_provider(provider_id: ProviderName, ports: PortsDependency) -> None:
    """Attempts of its models that start afterwards end as infrastructure errors."""
    await ports.bus.rpc.request(RemoveProvider(provider_id=provider_id))


@get("/{provider_id:str}/models", summary="List a provider's models", operation_id="list_offered_models")
async def list_offered_models(provider_id: ProviderName, ports: PortsDependency) -> OfferedModels:
    """A runner asks the provider, with its own keys and network. If the provider cannot be asked, the response is 200
    with a `reason`."""
    request = await ports.catalog.models_request(await find_provider(provider_id, ports))
    return await ports.bus.rpc.request(request, LIST_TIMEOUT_SECONDS)


async def find_provider(provider_id: str, ports: Ports) -> ProviderView:
    """Raises NotFound."""
    views = {view.provider_id: view for view in await ports.catalog.providers() if not view.hidden}
    if (view := views.get(provider_id)) is None:
        hint = "`GET /api/v1/providers` lists all providers."
        raise NotFound("provider", provider_id, hint, closest(provider_id, views))
    return view


async def _check_writable(provider_id: str, ports: Ports) -> None:
    """Raises ReadOnlyProvider for a provider of the catalogue's file. Removing one that hides behind it is allowed."""
    for view in await ports.catalog.providers():
        if view.provider_id == provider_id and view.origin is Origin.FILE:
            raise ReadOnlyProvider(provider_id)


router = Router(
    "/providers",
    route_handlers=[list_providers, put_provider, remove_provider, list_offered_models],
    tags=["catalogue"],
)
