"""The API's description: as a page, and as an OpenAPI document."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from litestar import Litestar, Request, Response, get

from services.gateway.http.docs_page import CONTENT_SECURITY_POLICY, render_page
from services.gateway.openapi import build_document


@get("/docs", include_in_schema=False)
async def docs(request: Request[Any, Any, Any]) -> Response[str]:
    headers = {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
    }
    return Response(_page(request.app), media_type="text/html", headers=headers)


@get("/openapi.json", include_in_schema=False)
async def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    return Response(build_document(request.app), headers={"cache-control": "no-cache"})


@lru_cache(maxsize=2)
def _page(app: Litestar) -> str:
    return render_page(build_document(app))
