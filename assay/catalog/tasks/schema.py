"""The JSON Schema of ``task.yaml``, for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from assay.catalog.tasks.manifest import TaskManifest

SCHEMA_FILE = "task.schema.json"
"""In the catalogue's folder, so that ``../../task.schema.json`` is its path from every ``task.yaml``."""

# What the reader also accepts where the manifest has text: see "How files are read" in docs/tasks.md.
_NUMBER_OR_TEXT = ("sample_id", "cost_usd")


def task_schema() -> dict[str, Any]:
    """As JSON Schema 2020-12."""
    schema = msgspec.json.schema(TaskManifest)
    found = msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])
    for definition in found["$defs"].values():
        for name in _NUMBER_OR_TEXT:
            if name in definition.get("properties", {}):
                field = definition["properties"][name]
                definition["properties"][name] = {"anyOf": [{"type": "number"}, *field.pop("anyOf", [field])]}
        if "description" in definition:
            definition["description"] = " ".join(definition["description"].replace("``", "`").split())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "task.yaml", **found}


def schema_text() -> str:
    return msgspec.json.format(msgspec.json.encode(task_schema()), indent=1).decode() + "\n"


def write_schema(catalog: Path) -> Path:
    """Writes it into the catalogue's folder, unless it is there already. Raises OSError."""
    path, text = catalog / SCHEMA_FILE, schema_text()
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path
