"""The dashboard's static files, and its single page for all other paths."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from services.gateway.auth.token import TokenAuth
from services.gateway.errors import Unauthorized
from services.gateway.ports import Ports, PortsDependency

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_IMMUTABLE = "public, max-age=31536000, immutable"
_MEDIA_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_TEXT_TYPES = ("application/json", "image/svg+xml")
"""Served with a charset, besides text/*, which Litestar handles."""
NOT_BUILT = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Assay</title></head>
<body><h1>The dashboard is not built</h1>
<p>The gateway is running; its API is described at <a href="/docs">/docs</a>.</p>
<p>Run <code>make setup</code> in the checkout to build the dashboard, then reload this page. If it is built
elsewhere, set <code>ASSAY_WEB</code> to the folder that contains its <code>index.html</code>.</p></body></html>
"""


@route("/api/{rest:path}", http_method=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def no_such_api(rest: FromPath[str]) -> None:
    """Unknown API paths must not fall through to the dashboard's page."""
    raise NotFoundException(detail=f"The API has no path /api{rest}; /docs lists its paths.")


@get("/", include_in_schema=False)
async def first_page(ports: PortsDependency, request: Request[Any, Any, Any]) -> Response[Any]:
    return await _serve(ports, request, "/")


@get("/{rest:path}", include_in_schema=False)
async def page(ports: PortsDependency, request: Request[Any, Any, Any], rest: FromPath[str]) -> Response[Any]:
    return await _serve(ports, request, rest)


handlers = (no_such_api, first_page, page)


async def _serve(ports: Ports, request: Request[Any, Any, Any], rest: str) -> Response[Any]:
    if "token" in request.query_params:
        return _sign_in(ports, request)
    return await asyncio.to_thread(_file_response, ports.settings.web, rest, request.headers.get("if-none-match", ""))


def _sign_in(ports: Ports, request: Request[Any, Any, Any]) -> Response[Any]:
    """A link with the token sets the cookie and redirects, so that the token leaves the address bar."""
    auth = TokenAuth(ports.settings.token)
    if not auth.matches(request.query_params["token"]):
        raise Unauthorized
    cookie = auth.session_cookie(secure=request.url.scheme == "https")
    path = quote(str(request.scope["path"]).lstrip("/\\"))
    return Redirect(f"/{path}", status_code=303, cookies=[cookie])


def _file_response(folder: Path, rest: str, known_tag: str) -> Response[bytes]:
    path = _find(folder, rest)
    if path is None:
        return _response(NOT_BUILT, 503, {"cache-control": "no-store"}, "text/html; charset=utf-8")
    state = path.stat()
    tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
    hashed = path.parent.name == "assets"
    headers = {"etag": tag, "cache-control": _IMMUTABLE if hashed else "no-cache"}
    if known_tag == tag:
        return _response(b"", 304, headers, _media_type(path))
    return _response(path.read_bytes(), 200, headers, _media_type(path))


def _find(folder: Path, rest: str) -> Path | None:
    """The file at that path, or the dashboard's page; None if the dashboard is not built. Raises NotFoundException for
    a missing file, so that an outdated script URL does not get the page."""
    root = folder.resolve()
    if not (root / "index.html").is_file():
        return None
    wanted = (root / rest.lstrip("/")).resolve() if "\0" not in rest else root
    if wanted.is_relative_to(root) and wanted.is_file():
        return wanted
    if "." in rest.rpartition("/")[2]:
        raise NotFoundException(detail=f"The dashboard has no file {rest}.")
    return root / "index.html"


def _response(content: bytes, status: int, headers: dict[str, str], media_type: str) -> Response[bytes]:
    safe = {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }
    return Response(content, status_code=status, headers={**safe, **headers}, media_type=media_type)


def _media_type(path: Path) -> str:
    kind = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(_TEXT_TYPES) else kind
