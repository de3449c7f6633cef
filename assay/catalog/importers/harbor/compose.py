"""``docker-compose.yaml``: what it asks for beyond one container that waits for the agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from assay.catalog.importers.harbor.source_task import variables
from assay.catalog.importers.python_code import NotUsable
from assay.catalog.yaml.document import Document
from assay.catalog.yaml.parse import parse

MAIN = ("client", "main")
_PRIVILEGES = ("privileged", "cap_add", "devices", "pid", "ipc", "runtime", "security_opt")
_OF_THE_HARNESS = ("TEST_DIR",)


def check_compose(content: bytes) -> dict[str, str]:
    """The variables of the only container. Raises NotUsable."""
    services = _mapping(parsed_yaml(content, "docker-compose.yaml").get("services"))
    others = [name for name in services if name not in MAIN]
    if others or len(services) > 1:
        raise NotUsable(f"needs several containers: {', '.join(services)}")
    service = _mapping(next(iter(services.values()), None))
    if asked := [name for name in _PRIVILEGES if service.get(name)]:
        raise NotUsable(f"its container needs {asked[0]}")
    return variables(_environment(service.get("environment")), "its container")


def parsed_yaml(content: bytes, name: str) -> dict[str, Any]:
    """Raises NotUsable unless it is a mapping."""
    document = Document(file=name)
    parse(document, content)
    if document.mistakes or not isinstance(document.value, dict):
        reason = str(document.mistakes[0]) if document.mistakes else f"{name}: is not a mapping"
        raise NotUsable(f"cannot be read: {reason}")
    return cast("dict[str, Any]", document.value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _environment(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        pairs = [str(line).partition("=") for line in cast("list[Any]", value)]
        found: dict[str, Any] = {name: text for name, _, text in pairs}
    else:
        found = dict(_mapping(value))
    return {name: text for name, text in found.items() if name not in _OF_THE_HARNESS}
