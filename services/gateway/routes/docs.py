"""The API's description as one page, made here: it loads nothing from anywhere, so it works offline, script-free."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any

from litestar import Litestar, Request, Response, get

from services.gateway.openapi import build_document

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
code{font:.9em ui-monospace,monospace}details{border-top:1px solid #8886;padding:.4rem 0}summary{cursor:pointer}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
b.get{color:#2a7a4b}b.post,b.put,b.patch{color:#b45309}b.delete{color:#b91c1c}p{margin:.4rem 0}
"""


@get("/docs", include_in_schema=False)
async def docs(request: Request[Any, Any, Any]) -> Response[str]:
    headers = {"content-security-policy": _POLICY, "x-content-type-options": "nosniff", "cache-control": "no-cache"}
    return Response(_page_of(request.app), media_type="text/html", headers=headers)


@get("/openapi.json", include_in_schema=False)
async def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    return Response(build_document(request.app), headers={"cache-control": "no-cache"})


@lru_cache(maxsize=2)
def _page_of(app: Litestar) -> str:
    return page(build_document(app))


def page(document: dict[str, Any]) -> str:
    """The whole page for an OpenAPI document."""
    info, schemas = document["info"], document["components"]["schemas"]
    operations = "".join(
        _operation(method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    )
    shapes = "".join(_schema(name, schema) for name, schema in schemas.items())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])} API</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info.get('description', ''))}</p>"
        "<p>As data: <a href=/api/v1/openapi.json>/api/v1/openapi.json</a>. Live updates: the WebSocket "
        "<code>/api/v1/live</code> takes a ClientFrame per message and sends ServerFrames.</p>"
        f"<h2>Requests</h2>{operations}<h2>Shapes</h2>{shapes}</html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    head = (
        f"<b class={method}>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation.get('summary') or '')}"
    )
    rows = "".join(
        _row(f"{parameter['name']} ({parameter['in']})", parameter.get("schema", {}), parameter.get("description", ""))
        for parameter in operation.get("parameters", ())
    )
    body = _content(operation.get("requestBody", {}))
    answers = "".join(
        f"<p>{escape(status)}: {_content(answer) or escape(answer.get('description', ''))}</p>"
        for status, answer in operation.get("responses", {}).items()
    )
    described = escape(operation.get("description") or "")
    body = f"<p>Body: {body}</p>" if body else ""
    return f"<details><summary>{head}</summary><p>{described}</p><table>{rows}</table>{body}{answers}</details>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(_row(key, value, "") for key, value in schema.get("properties", {}).items())
    about = escape(schema.get("description", ""))
    inner = f"<table>{rows}</table>" if rows else f"<p>{_kind(schema)}</p>"
    return f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary><p>{about}</p>{inner}</details>"


def _row(name: str, schema: dict[str, Any], about: str) -> str:
    text = about or schema.get("description", "")
    return f"<tr><td><code>{escape(name)}</code></td><td>{_kind(schema)}</td><td>{escape(text)}</td></tr>"


def _content(part: dict[str, Any]) -> str:
    return ", ".join(
        f"{_kind(content.get('schema', {}))} as {kind}" for kind, content in part.get("content", {}).items()
    )


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words, with links to the shapes it is made of."""
    if reference := schema.get("$ref"):
        name = escape(reference.rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_kind(option) for option in options)
    if values := schema.get("enum"):
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))
