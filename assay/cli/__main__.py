"""``assay``, and ``python -m assay.cli``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.main import get_command

from assay.cli.errors import CommandFailed
from assay.cli.lazy import LazyGroup
from assay.cli.safe_text import printable

app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, no_args_is_help=True, add_completion=False)


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        typer.echo(f"assay {version('assay')}")
        raise typer.Exit


@app.callback()
def assay(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Benchmark AI models: sandboxed attempts, graded out of their reach, priced to the token, shown live.

    Start with `assay demo`. Every command except `serve` takes --json: data goes to stdout, progress to stderr.
    """


def main() -> None:
    """Exit codes are listed in ``assay.cli.errors``."""
    try:
        get_command(app)(prog_name="assay")
    except CommandFailed as failure:
        print(printable(f"assay: {failure}"), file=sys.stderr)
        sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
