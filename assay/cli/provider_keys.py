"""``assay models key`` and ``assay models providers``: the keys that the ledger stores."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer
from msgspec.structs import replace

from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.errors import BadUsage
from assay.cli.options import Json, Server
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.models import Origin
from assay.contracts.providers import HOSTED, NEEDS_ADDRESS, ProviderView, StoredKey

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="For example openai, or one that you added.")]
Remove = Annotated[bool, typer.Option("--remove", help="Remove the stored key.")]


def store_key(provider: Provider, remove: Remove = False, server: Server = "", json: Json = False) -> None:
    """Store a provider's key, encrypted. It is asked for, or read from standard input; nothing can show it again."""
    if remove:
        call(server, lambda client: client.remove_provider_key(provider))
        _print({"removed": provider}, f"{provider}: key removed", json=json)
        return
    key = read_key(provider)

    async def store(client: AssayClient) -> StoredKey:
        view = await find_provider(client, provider)
        if view.origin is Origin.DATABASE and not view.provider.takes_key:
            changed = replace(view.provider, stored_key=True)
            view = await client.put_provider(provider, changed, view.revision)
        return await client.put_provider_key(provider, key, view.revision)

    stored = call(server, store)
    _print(stored, f"{provider}: key stored, change {stored.revision}; attempts that start now use it", json=json)


def list_providers(server: Server = "", json: Json = False) -> None:
    """List the providers, their addresses, and where their keys come from."""
    found = call(server, AssayClient.providers)
    if json:
        print_json(found)
        return
    table = Table("provider", "kind", "from", "address", "key", "requests at once", numbers=("requests at once",))
    for view in found:
        origin = "models.yaml" if view.origin is Origin.FILE else "database"
        requests = str(view.provider.concurrency)
        table.add(view.provider_id, view.provider.kind, origin, _address(view), _key(view), requests)
    print_table(table)
    print_notice("a variable of the runners takes precedence over a stored key")


def read_key(provider_id: str) -> str:
    """Typed without an echo, or the first line of standard input. Raises BadUsage."""
    if sys.stdin.isatty():
        key = str(typer.prompt(f"Key of {provider_id}", hide_input=True, err=True, default="", show_default=False))
    else:
        key = sys.stdin.readline()
    if not key.strip():
        raise BadUsage(f"no key was given; type it, or pipe it in: assay models key {provider_id} < FILE")
    return key.strip()


async def find_provider(client: AssayClient, provider_id: str) -> ProviderView:
    """Raises BadUsage."""
    for view in await client.providers():
        if view.provider_id == provider_id and not view.hidden:
            return view
    raise BadUsage(f"there is no provider {provider_id!r}; `assay models providers` lists them")


def _address(view: ProviderView) -> str:
    provider = view.provider
    if provider.base_url:
        return provider.base_url
    if provider.kind in HOSTED:
        return "the model host"
    return f"${provider.base_url_env}" if provider.kind in NEEDS_ADDRESS else "the provider's own"


def _key(view: ProviderView) -> str:
    variable = view.provider.api_key_env
    if view.provider.options.cloud or view.provider.options.entra:
        return "login of the runners"
    if view.key is None:
        return f"variable {variable}" if variable else "missing" if view.provider.stored_key else "none"
    used = f"last used {_time(view.key.last_used_at)}" if view.key.last_used_at else "never used"
    stored = f"stored {_time(view.key.changed_at)}, {used}"
    return f"variable {variable}, else {stored}" if variable else stored


def _time(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _print(value: object, line: str, *, json: bool) -> None:
    if json:
        print_json(value)
    else:
        print_line(line)
