"""Secrets in files, as containers get them: ``ASSAY_SECRETS_DIR`` is a folder with a file per variable, named in lower
case (``assay_nats_password``, ``openai_api_key``). The environment takes precedence over files.

A folder or file that does not exist supplies nothing; one that cannot be read raises SecretUnreadable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "ASSAY_SECRETS_DIR"


class SecretUnreadable(Exception):
    """A secret's file exists but cannot be read; the text names it and the reason."""


def secret_file(variable: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The file that would supply the variable; None without a folder of secrets."""
    folder = environ.get(VARIABLE, "").strip()
    return Path(folder, variable.lower()) if folder else None


def read_secret(variable: str, environ: Mapping[str, str] = os.environ) -> str:
    """The variable's value, without white space around it; empty if neither the environment nor a file has it."""
    if value := environ.get(variable, "").strip():
        return value
    file = secret_file(variable, environ)
    return read_file(file) if file and file.exists() else ""


def read_file(file: Path) -> str:
    """The content without white space around it. Raises SecretUnreadable."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SecretUnreadable(
            f"cannot read the secret {file}: {reason}; this process runs as user {os.geteuid()}"
        ) from error


def sources_of(variable: str, environ: Mapping[str, str] = os.environ) -> str:
    """Where the variable can be set, for messages about one that is missing."""
    file = secret_file(variable, environ)
    return f"{variable} (or the file {file})" if file else variable
