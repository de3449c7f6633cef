"""Which child is told what: settings to all, the database to the ledger, providers' keys to the runner alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

import assay

_NEUTRAL = ("PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")
_NEUTRAL_PREFIXES = ("LC_", "PYTHON", "OTEL_")
_SECRET = ("ASSAY_TOKEN", "ASSAY_DATABASE_URL", "ASSAY_NATS_PASSWORD")


def with_dotenv(environ: Mapping[str, str] | None = None, file: Path = Path(".env")) -> dict[str, str]:
    """The environment over the file's values: what the shell says wins."""
    written = {name: value for name, value in dotenv_values(file).items() if value is not None}
    return {**written, **(os.environ if environ is None else environ)}


def neutral(environ: Mapping[str, str]) -> dict[str, str]:
    """What every child may know: no keys, and of Assay's settings those that are no secrets."""
    return {
        name: value
        for name, value in environ.items()
        if name in _NEUTRAL
        or name.startswith(_NEUTRAL_PREFIXES)
        or (name.startswith("ASSAY_") and name not in _SECRET and not name.endswith("_KEY"))
    }


def with_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """For the runner, which alone calls models: all but Assay's own secrets."""
    return {name: value for name, value in environ.items() if name not in _SECRET}


def checkout() -> Path:
    return Path(assay.__file__).parents[1]


def catalog_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("ASSAY_CATALOG") or checkout() / "catalog").absolute()


def web_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("ASSAY_WEB") or checkout() / "web" / "dist").absolute()
