"""The version of an imported task: results with different versions are not comparable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.catalog.importers.results.results_plan import ResultsOptions
from assay.catalog.importers.results.text import shown
from assay.contracts.codec import canonical, digest

MAX_VERSION_CHARACTERS = 2_000


def version_text(facts: Mapping[str, Any], options: ResultsOptions) -> str:
    """Canonical JSON of the facts and of how their scores are read. What is too long becomes a hash."""
    found = {name: value for name, value in facts.items() if value not in (None, "", {}, [])}
    if options.scale:
        found["scale"] = list(options.scale)
    if options.pass_score != ResultsOptions().pass_score:
        found["pass_score"] = options.pass_score
    text = _json(found)
    if len(text) <= MAX_VERSION_CHARACTERS:
        return text
    short = {
        name: value if len(_json(value)) <= 200 else f"sha256:{digest(_json(value))}" for name, value in found.items()
    }
    return _json(short)


def _json(value: Any) -> str:
    return shown(canonical(_plain(value)).decode())


def _plain(value: Any) -> Any:
    """With text that can be encoded."""
    if isinstance(value, str):
        return shown(value).replace("\0", r"\x00")
    if isinstance(value, dict):
        return {_plain(str(name)): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
