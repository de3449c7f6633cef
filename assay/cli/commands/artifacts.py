"""``assay artifacts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.display.tables import artifacts_table
from assay.cli.errors import BadUsage, CommandFailed
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import count_text
from assay.cli.resolve_ids import AttemptId, find_attempt
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.artifacts import ArtifactRef
from assay.files import FilesRefused
from assay.files.folders import write_folder
from assay.validation.did_you_mean import closest, with_suggestion

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["artifacts"])
Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", help="Artifacts to download. Without names, list them all.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write to; created if absent.")]
OlderThan = Annotated[
    float | None,
    typer.Option(
        "--older-than", min=0, metavar="DAYS", help="Also delete the artifacts of runs that ended more than DAYS ago."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted.")]
_GC_TIMEOUT_SECONDS = 6 * 3600.0
All = Annotated[bool, typer.Option("--all", help="Download every artifact of the attempt.")]


@app.command("list")
def list_artifacts(attempt: AttemptId, server: Server = "", json: Json = False) -> None:
    """List an attempt's artifacts."""
    call(server, lambda client: _get(client, attempt, (), Path(), False, json))


@app.command("get")
def get_artifacts(
    attempt: AttemptId,
    names: Names = None,
    out: Out = Path(),
    everything: All = False,
    server: Server = "",
    json: Json = False,
) -> None:
    """List an attempt's artifacts, or download them into a folder."""
    call(server, lambda client: _get(client, attempt, tuple(names or ()), out, everything, json))


@app.command("gc")
def collect_garbage(
    older_than: OlderThan = None, dry_run: DryRun = False, server: Server = "", json: Json = False
) -> None:
    """Delete unreferenced artifact content. With --older-than, also delete the artifacts of old runs; their results and
    costs are kept."""
    found = call(
        server, lambda client: client.collect_garbage(older_than, dry_run=dry_run), timeout_seconds=_GC_TIMEOUT_SECONDS
    )
    if json:
        print_json(found)
        return
    numbers = ("examined", "referenced", "too recent", "deleted", "bytes freed")
    table = Table("area", *numbers, numbers=numbers)
    for area, swept in found.areas.items():
        table.add(area, swept.looked_at, swept.referred_to, swept.young, swept.deleted, swept.freed_bytes)
    print_table(table)
    runs = count_text(found.expired_runs, "run")
    print_line(f"dry run: {runs} would expire; nothing was deleted" if dry_run else f"{runs} expired")


async def _get(
    client: AssayClient, attempt: str, names: Sequence[str], out: Path, everything: bool, json: bool
) -> None:
    detail = await find_attempt(client, attempt)
    artifacts = detail.artifacts
    if not names and not everything:
        if json:
            print_json(artifacts)
        else:
            print_table(artifacts_table(artifacts))
        return
    chosen = list(dict.fromkeys(artifacts if everything else names))
    for name in chosen:
        _must_exist(name, artifacts)
    written = [await _write(client, detail.attempt.attempt_id, name, artifacts[name], out) for name in chosen]
    if json:
        print_json([str(path) for path in written])
    else:
        for path in written:
            print_line(str(path))


async def _write(client: AssayClient, attempt_id: str, name: str, ref: ArtifactRef, out: Path) -> Path:
    """Returns the path written. Names come from workers, so ``write_folder`` refuses paths that leave the folder."""
    data = await client.artifact(attempt_id, name)
    if sha256(data).hexdigest() != ref.sha256:
        raise CommandFailed(f"{name}: the {len(data)} bytes received do not match the artifact's digest")
    try:
        write_folder(out, {name: data})
    except FilesRefused as error:
        raise CommandFailed(f"{name} was not written: {error}") from error
    except OSError as error:
        raise CommandFailed(f"{out / name} cannot be written: {error.strerror or error}") from error
    if ref.truncated:
        print_notice(f"{name} was truncated when the attempt stored it")
    return out / name


def _must_exist(name: str, artifacts: Mapping[str, ArtifactRef]) -> None:
    if name not in artifacts:
        message, match = f"the attempt has no artifact {name!r}", closest(name, artifacts)
        listed = f"{message}; it has {', '.join(sorted(artifacts)) or 'none'}"
        raise BadUsage(with_suggestion(message, match) if match else listed)
