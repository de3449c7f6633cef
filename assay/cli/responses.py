"""Stored responses, from a file or a text, that are graded as a model."""

from __future__ import annotations

import re
from pathlib import Path

from assay.cli.errors import BadUsage
from assay.contracts.replay import REPLAY, Responses

_NOT_IN_MODEL_NAME = re.compile(r"[^A-Za-z0-9_.:@-]+")


def replay_name(file: Path | None) -> str:
    """``replay/<file name>``, so the results are not credited to a real model."""
    return f"{REPLAY}/{_NOT_IN_MODEL_NAME.sub('_', file.stem)[:100] if file else 'text'}"


def read_responses(file: Path | None, text: str) -> Responses | None:
    """The file's responses, or ``text`` as the response to every sample; None when neither is given."""
    if file is None:
        return Responses(default=text) if text else None
    if text:
        raise BadUsage("use --response-file or --response-text, not both")
    from assay.catalog.errors import InvalidCatalog  # the catalogue takes 40 ms to import
    from assay.catalog.responses import read_response_file

    try:
        return read_response_file(file)
    except InvalidCatalog as error:
        raise BadUsage("--response-file: " + "\n  ".join(map(str, error.mistakes))) from error
