"""Renders an OpenAPI document as one HTML page without scripts or external resources, so it works offline."""

from __future__ import annotations

from html import escape
from typing import Any

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
code{font:.9em ui-monospace,monospace}details{border-top:1px solid #8886;padding:.4rem 0}summary{cursor:pointer}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
b.get{color:#2a7a4b}b.post,b.put,b.patch{color:#b45309}b.delete{color:#b91c1c}p{margin:.4rem 0}
"""


def render_page(document: dict[str, Any]) -> str:
    info, schemas = document["info"], document["components"]["schemas"]
    operations = "".join(
        _operation(method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    )
    schema_list = "".join(_schema(name, schema) for name, schema in schemas.items())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])} API</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info.get('description', ''))}</p>"
        "<p>OpenAPI document: <a href=/api/v1/openapi.json>/api/v1/openapi.json</a>. Live updates: on the WebSocket "
        "<code>/api/v1/live</code>, send one ClientFrame per message and receive ServerFrames.</p>"
        f"<h2>Endpoints</h2>{operations}<h2>Schemas</h2>{schema_list}</html>"
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
    responses = "".join(
        f"<p>{escape(status)}: {_content(response) or escape(response.get('description', ''))}</p>"
        for status, response in operation.get("responses", {}).items()
    )
    description = escape(operation.get("description") or "")
    body = f"<p>Body: {body}</p>" if body else ""
    return f"<details><summary>{head}</summary><p>{description}</p><table>{rows}</table>{body}{responses}</details>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(_row(key, value, "") for key, value in schema.get("properties", {}).items())
    description = escape(schema.get("description", ""))
    inner = f"<table>{rows}</table>" if rows else f"<p>{_type_of(schema)}</p>"
    head = f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>"
    return f"{head}<p>{description}</p>{inner}</details>"


def _row(name: str, schema: dict[str, Any], description: str) -> str:
    text = description or schema.get("description", "")
    return f"<tr><td><code>{escape(name)}</code></td><td>{_type_of(schema)}</td><td>{escape(text)}</td></tr>"


def _content(part: dict[str, Any]) -> str:
    return ", ".join(
        f"{_type_of(content.get('schema', {}))} as {kind}" for kind, content in part.get("content", {}).items()
    )


def _type_of(schema: dict[str, Any]) -> str:
    """A short description of the schema, with links to the schemas it refers to."""
    if reference := schema.get("$ref"):
        name = escape(reference.rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_type_of(option) for option in options)
    if values := schema.get("enum"):
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"list of {_type_of(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))
