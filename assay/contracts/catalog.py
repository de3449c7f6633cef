"""What is wrong with the catalogue that a gateway serves."""

from __future__ import annotations

from enum import StrEnum

from assay.contracts.codec import Data


class CatalogPart(StrEnum):
    TASK = "task"
    SUITE = "suite"
    SCRIPT = "script"
    """Stored responses, ``scripted/<name>.yaml``."""
    MODELS = "models"
    PRICES = "prices"
    FOLDER = "folder"


class CatalogMistake(Data, frozen=True, kw_only=True):
    """One mistake in a file. ``name`` is the id of the task, suite or script that cannot be used until it is corrected.
    ``line`` counts from 1 and is 0 for the file as a whole; ``where`` is a path such as ``checks[0].kind``."""

    part: CatalogPart
    name: str
    file: str
    line: int = 0
    where: str = ""
    message: str
    near: str | None = None
