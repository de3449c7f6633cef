"""``python -m services.gateway.print_openapi`` prints the OpenAPI document as JSON; it needs no server or bus."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, cast

from litestar.serialization import encode_json

from services.gateway.app import create_litestar
from services.gateway.openapi import build_document
from services.gateway.settings import Settings


def document() -> dict[str, Any]:
    """Without a request only the settings are read, so the other ports are left out."""
    ports: Any = SimpleNamespace(settings=Settings(gateway_host="127.0.0.1"))
    return build_document(create_litestar(ports, hub=cast(Any, None)))


if __name__ == "__main__":
    sys.stdout.buffer.write(encode_json(document()))
