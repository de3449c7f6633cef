"""What ``assay models add`` and ``edit`` do to the providers in the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from assay.cli.errors import BadUsage
from assay.cli.provider_options import ModelChanges, ProviderChanges, split_name, with_model
from assay.cli.unset_options import UnsetOptions
from assay.client import AssayClient
from assay.contracts.models import Origin
from assay.contracts.providers import ModelEntry, Provider, ProviderKind, ProviderView
from assay.contracts.spending import ModelPrice


@dataclass(frozen=True, kw_only=True)
class ModelChange:
    """What ``add`` or ``edit`` was asked to do. ``key`` is empty if none is to be stored."""

    model: str
    adding: bool
    of_provider: ProviderChanges
    of_model: ModelChanges
    unset: UnsetOptions
    key: str

    async def put(self, client: AssayClient) -> tuple[ProviderView, ModelPrice]:
        """Raises BadUsage if the model must not exist, or must."""
        provider_id, name = split_name(self.model)
        found = await find_added(client, provider_id)
        entry = _existing(found, self.model, adding=self.adding) or ModelEntry(name=name)
        known = found.provider if found else Provider(kind=ProviderKind.OPENAI, title=provider_id)
        changed = with_model(
            self.of_provider.applied_to(self.unset.provider(known)), self.of_model.applied_to(self.unset.model(entry))
        )
        if self.key and found and found.key and found.provider.base_url != changed.base_url:
            await client.remove_provider_key(provider_id)  # it is replaced, and must not go to the new address
        stored = await client.put_provider(provider_id, changed, found.revision if found else 0)
        if self.key:
            await client.put_provider_key(provider_id, self.key, stored.revision)
        return stored, (await client.prices(self.model))[0]


async def find_added(client: AssayClient, provider_id: str) -> ProviderView | None:
    """The provider in the ledger; None if there is none. Raises BadUsage if the catalogue defines it."""
    for view in await client.providers():
        if view.provider_id != provider_id or view.hidden:
            continue
        if view.origin is Origin.FILE:
            raise BadUsage(
                f"provider {provider_id!r} is defined in the catalogue's models.yaml; change it there, or use another "
                f"name. Runs can use any of its models without adding them"
                if view.provider.any_model
                else f"provider {provider_id!r} is defined in the catalogue's models.yaml; change it there"
            )
        return view
    return None


def _existing(found: ProviderView | None, model: str, *, adding: bool) -> ModelEntry | None:
    """The model's entry, which must exist unless it is added, and must not if it is. Raises BadUsage."""
    name = model.partition("/")[2]
    entry = next((each for each in found.provider.models if each.name == name), None) if found else None
    if adding and entry:
        raise BadUsage(f"model {model!r} exists; `assay models edit {model}` changes it")
    if not adding and not entry:
        raise BadUsage(f"there is no model {model!r} that was added; `assay models add {model}` adds it")
    return entry
