"""``assay workers``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.display.output import print_json, print_line
from assay.cli.errors import BadUsage, CommandFailed
from assay.cli.lazy import COMMANDS
from assay.cli.options import Data, Json
from assay.cli.server import local_stack_address
from assay.embedded.data_folder import DataFolder, write_private
from assay.embedded.environment import catalog_folder, with_dotenv
from assay.embedded.nats_server import NatsServer

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["workers"])


class Worker(StrEnum):
    RUNNER = "runner"
    JUDGE = "judge"


Kind = Annotated[Worker, typer.Argument(metavar="runner|judge", help="The worker that is to run on the other host.")]
Bus = Annotated[
    str,
    typer.Option("--bus", metavar="URL", help="The bus as seen from the worker's host, for example nats://bus:4222."),
]
Artifacts = Annotated[
    str,
    typer.Option(
        "--artifacts", metavar="URL", help="The artifact store as seen from the worker's host, for example s3://bucket."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write to this file, readable by you alone. Default: stdout."),
]


@app.callback()
def workers() -> None:
    """Start it there with `assay serve runner --settings FILE`."""


@app.command("token")
def write_token(
    worker: Kind = Worker.RUNNER,
    bus: Bus = "",
    artifacts: Artifacts = "",
    out: Out = None,
    data: Data = Path(".assay"),
    json: Json = False,
) -> None:
    """Write the settings with which a worker starts on another host. They contain the worker's login and, for a runner,
    the catalogue's providers and scripted models, but no provider keys.

    The bus and the store are those of the stack that runs here, or else those of the environment."""
    environ = with_dotenv()
    settings = _stack_settings(worker, data) or _environment_settings(worker, environ)
    settings |= {"ASSAY_NATS_URL": bus} if bus else {}
    settings |= {"ASSAY_ARTIFACTS_URL": artifacts} if artifacts else {}
    if missing := [name for name in _REQUIRED if not settings.get(name)]:
        raise CommandFailed(
            f"no stack is running on {data}, and the environment lacks {', '.join(missing)}; start the stack with "
            "`assay up`, or set them, with the worker's password"
        )
    if worker is Worker.RUNNER:
        settings["ASSAY_CATALOG_CONTENT"] = _catalog_content(catalog_folder(environ))
    text = "".join(f"{name}={value}\n" for name, value in settings.items())
    if out is not None:
        write_private(out, text)
    if json:
        print_json(settings)
    else:
        print_line(f"wrote {out}" if out is not None else text.rstrip())


_REQUIRED = ("ASSAY_NATS_URL", "ASSAY_NATS_PASSWORD", "ASSAY_ARTIFACTS_URL")


def _stack_settings(worker: Worker, data: Path) -> dict[str, str]:
    """Empty unless a stack is running on the data folder."""
    if not local_stack_address(data):
        return {}
    folder = DataFolder(data)
    login = NatsServer(folder, folder.read_state().ports["nats"]).login(worker)
    return {**login, "ASSAY_ARTIFACTS_URL": str(folder.artifacts)}


def _environment_settings(worker: Worker, environ: Mapping[str, str]) -> dict[str, str]:
    return {"ASSAY_NATS_USER": worker.value, **{name: environ.get(name, "") for name in _REQUIRED}}


def _catalog_content(catalog: Path) -> str:
    """Of tasks only the names, to which scripted models refer; their content is in the artifact store."""
    from assay.artifacts import pack_text
    from assay.files import FilesRefused

    paths = [catalog / "models.yaml", *sorted((catalog / "scripted").glob("*.yaml"))]
    try:
        content = {path.relative_to(catalog).as_posix(): path.read_bytes() for path in paths if path.is_file()}
        names = {f"tasks/{task.name}/name-only": b"" for task in (catalog / "tasks").iterdir() if task.is_dir()}
        return pack_text({**content, **names})
    except OSError as error:
        raise BadUsage(f"the catalogue {catalog} cannot be read: {error}") from error
    except FilesRefused as error:
        raise CommandFailed(
            f"models.yaml and scripted/ of {catalog} do not fit into a settings file ({error}); copy the catalogue to "
            "the worker's host, and set ASSAY_CATALOG there"
        ) from error
