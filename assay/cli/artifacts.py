"""``assay artifacts``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from assay.catalog.near import near
from assay.cli.errors import BadUsage, CommandFailed
from assay.cli.finding import AttemptId, find_attempt
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.output import print_json, print_line, row, say, stdout, table
from assay.cli.server import connected
from assay.cli.tables import artifacts_table
from assay.client import AssayClient
from assay.contracts.artifacts import ArtifactRef
from assay.files import FilesRefused
from assay.files.folders import write_folder

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["artifacts"])
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Without names: list what there is.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write to; made if absent.")]
OlderThan = Annotated[
    float | None,
    typer.Option("--older-than", min=0, metavar="DAYS", help="Give up what runs left that ended so long ago."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")]
_LONG_SECONDS = 6 * 3600.0
All = Annotated[bool, typer.Option("--all", help="Every artifact of the attempt.")]


@app.command("get")
def get_artifacts(
    attempt: AttemptId,
    names: Names = None,
    out: Out = Path(),
    everything: All = False,
    server: Server = "",
    json: Json = False,
) -> None:
    """Write an attempt's artifacts into a folder, or list them."""
    asyncio.run(_get(attempt, tuple(names or ()), out, everything, server, json))


@app.command("gc")
def collect_garbage(
    older_than: OlderThan = None, dry_run: DryRun = False, server: Server = "", json: Json = False
) -> None:
    """Delete content that no run refers to, after giving up what old runs left; rows, verdicts and costs stay."""
    asyncio.run(_collect(older_than, dry_run, server, json))


async def _collect(older_than: float | None, dry_run: bool, server: str, json: bool) -> None:
    async with connected(server, timeout_seconds=_LONG_SECONDS) as client:
        found = await client.collect_garbage(older_than, dry_run=dry_run)
    if json:
        print_json(found)
        return
    numbers = ("looked at", "referred to", "young", "deleted", "bytes freed")
    made = table("area", *numbers, numbers=numbers)
    for area, swept in found.areas.items():
        row(made, area, swept.looked_at, swept.referred_to, swept.young, swept.deleted, swept.freed_bytes)
    stdout().print(made)
    runs = f"what {found.expired_runs} runs left"
    print_line(f"{runs} would be given up; nothing was deleted" if dry_run else f"{runs} was given up")


async def _get(wanted: str, names: Sequence[str], out: Path, everything: bool, server: str, json: bool) -> None:
    async with connected(server) as client:
        detail = await find_attempt(client, wanted)
        kept = detail.artifacts
        if not names and not everything:
            if json:
                print_json(kept)
            else:
                stdout().print(artifacts_table(kept))
            return
        chosen = list(dict.fromkeys(kept if everything else names))
        for name in chosen:
            _must_exist(name, kept)
        written = [await _write(client, detail.attempt.attempt_id, name, kept[name], out) for name in chosen]
    if json:
        print_json([str(path) for path in written])
    else:
        for path in written:
            print_line(str(path))


async def _write(client: AssayClient, attempt_id: str, name: str, ref: ArtifactRef, out: Path) -> Path:
    """Where it is now. Names come from workers, so they are held to what a path below a folder may be."""
    data = await client.artifact(attempt_id, name)
    if sha256(data).hexdigest() != ref.sha256:
        raise CommandFailed(f"{name}: the {len(data)} bytes that were sent are not what the attempt left")
    try:
        write_folder(out, {name: data})
    except FilesRefused as error:
        raise CommandFailed(f"{name} is not written: {error}") from error
    except OSError as error:
        raise CommandFailed(f"{out / name} cannot be written: {error.strerror or error}") from error
    if ref.truncated:
        say(f"{name} was longer than what is kept of it")
    return out / name


def _must_exist(name: str, kept: Mapping[str, ArtifactRef]) -> None:
    if name not in kept:
        meant = near(name, kept)
        hint = f"; did you mean {meant!r}?" if meant else f"; there are {', '.join(sorted(kept)) or 'none'}"
        raise BadUsage(f"the attempt has no artifact {name!r}{hint}")
