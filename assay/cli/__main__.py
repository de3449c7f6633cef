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


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"assay {version('assay')}")
        raise typer.Exit


@app.callback()
def assay(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Benchmark AI models: sandboxed attempts, judged out of their reach, priced to the token, live.

    Try `assay demo` first. Every command takes --json: data on stdout, progress on stderr.
    """


def main() -> None:
    """Exit codes: 0 fine, 1 failed, 2 usage, 3 ended with failures in it (--strict), 130 interrupted."""
    try:
        get_command(app)(prog_name="assay")
    except CommandFailed as failure:
        print(printable(f"assay: {failure}"), file=sys.stderr)
        sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
