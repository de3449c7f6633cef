"""``assay``, and ``python -m assay.cli``."""

from __future__ import annotations

import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.main import get_command

from assay.cli.errors import BadUsage, CommandFailed, error_document
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

    Start with `assay demo`. Every command except `serve` takes --json: data goes to stdout, progress to stderr. An
    error is then one JSON object, the last line of stderr.
    """


def main() -> None:
    """Exit codes are listed in ``assay.cli.errors``."""
    command: Any = get_command(app)
    try:
        sys.exit(command(prog_name="assay", standalone_mode=False) or 0)
    except CommandFailed as failure:
        if _wants_json():
            document = error_document(str(failure), failure.code, failure.exit_code, failure.problem)
            print(document, file=sys.stderr)
        else:
            print(printable(f"assay: {failure}"), file=sys.stderr)
        sys.exit(failure.exit_code)
    except typer.TyperException as error:
        _show_usage_error(error)


def _show_usage_error(error: Any) -> NoReturn:
    """The parser's own error, with the usage line; the parser's classes are private."""
    if _wants_json():
        print(error_document(error.format_message(), BadUsage.code, error.exit_code), file=sys.stderr)
    else:
        error.show()
    sys.exit(error.exit_code)


def _wants_json() -> bool:
    """Whether --json was given, even to a command line that cannot be parsed."""
    options, _, _ = "\0".join(sys.argv[1:]).partition("\0--\0")
    return "--json" in options.split("\0")


if __name__ == "__main__":
    main()
