"""The dashboard's files, its single page, and the API's documentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from litestar.serialization import encode_json

from services.gateway.print_openapi import document
from tests.gateway.harness import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def web(folder: Path) -> Path:
    web = folder / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>Dashboard</title>")
    (web / "assets" / "app-1234.js").write_text("export {}")
    (web / "icon.svg").write_text("<svg/>")
    (folder / "secret.txt").write_text("classified")
    (web / "link.txt").symlink_to(folder / "secret.txt")
    return web


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize("path", ["/", "/runs", "/runs/01abc", "/attempts/01abc-1", "/index.html"])
async def test_every_path_serves_the_single_page(shared: Gateway, path: str) -> None:
    response = await shared.http.get(path)
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache")
    assert "Dashboard" in response.text
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    again = await shared.http.get(path, headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.usefixtures("web")
async def test_files_are_served_with_their_media_types(shared: Gateway) -> None:
    script = await shared.http.get("/assets/app-1234.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]
    icon = await shared.http.get("/icon.svg")
    assert icon.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert icon.headers["cache-control"] == "no-cache"
    for response in (script, icon):
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize(
    "path",
    ["/assets/app-old.js", "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/link.txt", "/a%00.js"],
)
async def test_files_outside_the_dashboard_are_not_served(shared: Gateway, path: str) -> None:
    response = await shared.http.get(path)
    assert "classified" not in response.text
    assert response.status_code == 404


async def test_the_docs_page_needs_no_external_resources(shared: Gateway) -> None:
    """It also lists every path of the API."""
    response = await shared.http.get("/docs")
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in response.text
    assert "http://" not in response.text
    assert "https://" not in response.text
    document = (await shared.http.get("/api/v1/openapi.json")).json()
    for path in document["paths"]:
        assert path in response.text


async def test_the_openapi_document_describes_the_contracts(shared: Gateway) -> None:
    document = (await shared.http.get("/api/v1/openapi.json")).json()
    paths = document["paths"]
    assert document["openapi"].startswith("3.1")
    assert {"/api/v1/runs", "/api/v1/attempts/{attempt_id}", "/api/v1/leaderboard", "/readyz"} <= set(paths)
    assert "Idempotency-Key" in paths["/api/v1/runs"]["post"]["description"]
    page = paths["/api/v1/runs"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert page == {"$ref": "#/components/schemas/RunPage"}
    schemas = document["components"]["schemas"]
    assert {"Event", "Snapshot", "ServerFrame", "ClientFrame", "ProblemBody", "TailLine"} <= set(schemas)
    assert schemas["RunView"]["required"] == list(schemas["RunView"]["properties"])
    assert schemas["RunRequest"]["required"] == ["models"]
    for item in paths.values():
        for operation in item.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


async def test_the_printed_document_equals_the_served_one(shared: Gateway) -> None:
    """The dashboard's types are generated from the printed document."""
    served = (await shared.http.get("/api/v1/openapi.json")).json()
    assert json.loads(encode_json(document())) == served


async def test_every_reference_in_the_document_resolves(shared: Gateway) -> None:
    text = (await shared.http.get("/api/v1/openapi.json")).text
    schemas = (await shared.http.get("/api/v1/openapi.json")).json()["components"]["schemas"]
    names = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names
    assert names <= set(schemas)
