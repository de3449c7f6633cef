"""Who is let in: by Host, by Origin, by token; over HTTP and before a WebSocket is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from pydantic import ValidationError
from websockets.exceptions import InvalidStatus

from services.gateway.auth.origin import host_name
from services.gateway.settings import Settings
from tests.gateway.harness import Gateway, open_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")
RUN = {"models": ["nop"], "suite": "small"}
OTHER_PAGE = "https://dash.example.org"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_door(folder: Path) -> AsyncIterator[Gateway]:
    async with open_gateway(folder, allowed_hosts="bench.example.org", allowed_origins=OTHER_PAGE) as gateway:
        yield gateway


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def locked(folder: Path) -> AsyncIterator[Gateway]:
    async with open_gateway(folder, token="open sesame") as gateway:
        yield gateway


async def opens(gateway: Gateway, **headers: str) -> int:
    """101, or the status that the handshake was refused with."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        async with gateway.live(additional_headers=names):
            return 101
    except InvalidStatus as refused:
        assert refused.response.headers["content-type"] == "application/problem+json"
        return refused.response.status_code


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("localhost.", 200),
        ("[::1]:{port}", 200),
        ("bench.example.org:443", 200),
        ("evil.example.org", 403),
        ("localhost.evil.example.org", 403),
        ("127.0.0.1.nip.io:{port}", 403),
        ("evil@localhost", 403),
        ("127.0.0.2", 403),
        ("0.0.0.0", 403),
        ("[::1", 403),
        ("localhost:port", 403),
    ],
)
async def test_hosts(open_door: Gateway, host: str, status: int) -> None:
    for path in ("/", "/api/v1/tasks", "/healthz", "/metrics", "/docs"):
        response = await open_door.http.get(path, headers={"host": host.format(port=open_door.port)})
        assert (response.status_code == 403) == (status == 403), path
    if status == 403:
        assert response.json()["code"] == "host_not_allowed"
        assert "ASSAY_ALLOWED_HOSTS" in response.json()["detail"]


async def test_a_foreign_host_opens_no_socket(open_door: Gateway) -> None:
    assert await opens(open_door, Host="evil.example.org") == 403


OWN = "http://127.0.0.1:{port}"
ORIGINS: list[tuple[dict[str, str], bool, bool]] = [
    ({}, True, True),
    ({"origin": OWN}, True, True),
    ({"origin": OWN, "sec-fetch-site": "same-origin"}, True, True),
    ({"origin": OTHER_PAGE}, True, True),
    ({"sec-fetch-site": "same-origin"}, True, False),
    ({"sec-fetch-mode": "websocket"}, False, False),
    ({"sec-fetch-site": "cross-site"}, False, False),
    ({"sec-fetch-site": "same-site"}, False, False),
    ({"origin": "null"}, False, False),
    ({"origin": ""}, True, True),
    ({"origin": "https://127.0.0.1:{port}"}, False, False),
    ({"origin": "http://127.0.0.1:1"}, False, False),
    ({"origin": "http://localhost:{port}"}, False, False),
    ({"origin": "http://127.0.0.1:{port}.evil.example.org"}, False, False),
    ({"origin": "https://evil.example.org"}, False, False),
]


@pytest.mark.parametrize(("headers", "http", "websocket"), ORIGINS)
async def test_origins(open_door: Gateway, headers: dict[str, str], http: bool, websocket: bool) -> None:
    """A page of another origin may not change anything, nor listen; reading is left to the browser's own rules."""
    sent = {name: value.format(port=open_door.port) for name, value in headers.items()}
    before = len(open_door.ledger.submitted)
    response = await open_door.http.post("/api/v1/runs", json=RUN, headers=sent)
    assert response.status_code == (201 if http else 403)
    assert len(open_door.ledger.submitted) == before + http
    assert await opens(open_door, **sent) == (101 if websocket else 403)
    assert (await open_door.http.get("/api/v1/tasks", headers=sent)).status_code == 200


async def test_two_origins_are_none(open_door: Gateway) -> None:
    headers = [("origin", f"http://127.0.0.1:{open_door.port}"), ("origin", "https://evil.example.org")]
    assert (await open_door.http.post("/api/v1/runs", json=RUN, headers=headers)).status_code == 403


async def test_pages_of_configured_origins_may_read_answers(open_door: Gateway) -> None:
    for origin, allowed in ((OTHER_PAGE, OTHER_PAGE), ("https://evil.example.org", None)):
        response = await open_door.http.get("/api/v1/tasks", headers={"origin": origin})
        assert response.headers.get("access-control-allow-origin") == allowed


@pytest.mark.parametrize(
    "path", ["/api/v1/runs", "/api/v1/tasks", "/api/v1/openapi.json", "//api/v1/tasks", "/metrics"]
)
async def test_a_token_guards_the_api(locked: Gateway, path: str) -> None:
    refused = await locked.http.get(f"{locked.url}{path}")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    for wrong in ("Bearer wrong", "Basic open sesame", "open sesame", "Bearer"):
        assert (await locked.http.get(f"{locked.url}{path}", headers={"authorization": wrong})).status_code == 401
    right = {"authorization": "Bearer open sesame"}
    assert (await locked.http.get(f"{locked.url}{path}", headers=right)).status_code == 200


async def test_a_token_guards_the_live_socket(locked: Gateway) -> None:
    assert await opens(locked) == 401
    assert await opens(locked, Authorization="Bearer wrong") == 401
    assert await opens(locked, Authorization="Bearer open sesame") == 101


async def test_what_holds_no_data_needs_no_token(locked: Gateway) -> None:
    for path, status in (("/healthz", 200), ("/readyz", 200), ("/docs", 200), ("/", 503)):
        assert (await locked.http.get(path)).status_code == status


async def visit(gateway: Gateway, path: str, **request: Any) -> httpx2.Response:
    """A browser without any history."""
    async with httpx2.AsyncClient(base_url=gateway.url, trust_env=False, verify=False, timeout=60) as browser:
        return await browser.request(request.pop("method", "GET"), f"{gateway.url}{path}", **request)


async def test_a_browser_trades_the_token_of_its_link_for_a_cookie(locked: Gateway) -> None:
    response = await visit(locked, "/runs?token=open%20sesame")
    assert (response.status_code, response.headers["location"]) == (303, "/runs")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "sesame" not in cookie
    headers = {"cookie": cookie.partition(";")[0]}
    assert (await visit(locked, "/api/v1/tasks", headers=headers)).status_code == 200
    assert await opens(locked, Cookie=headers["cookie"], Origin=locked.url) == 101
    assert await opens(locked, Cookie=headers["cookie"], Origin="https://evil.example.org") == 403


async def test_a_link_never_leads_to_another_site(locked: Gateway) -> None:
    for path in ("//evil.example.org/", "/%5Cevil.example.org/", "/%2F/evil.example.org", "/%2F%5C/evil.example.org"):
        response = await visit(locked, f"{path}?token=open%20sesame")
        assert response.status_code == 303
        assert response.headers["location"].startswith("/evil")


async def test_signing_in_and_out(locked: Gateway) -> None:
    signed = await visit(locked, "/api/v1/session", method="POST", json={"token": "open sesame"})
    assert signed.status_code == 204
    headers = {"cookie": signed.headers["set-cookie"].partition(";")[0]}
    assert (await visit(locked, "/api/v1/tasks", headers=headers)).status_code == 200
    out = await visit(locked, "/api/v1/session", method="DELETE", headers=headers)
    assert "Max-Age=0" in out.headers["set-cookie"]


@pytest.mark.parametrize("request_", [("POST", "/api/v1/session", {"token": "wrong"}), ("GET", "/?token=wrong", None)])
async def test_a_wrong_token_gets_no_cookie(locked: Gateway, request_: tuple[str, str, Any]) -> None:
    method, path, body = request_
    response = await visit(locked, path, method=method, json=body)
    assert response.status_code == 401
    assert "set-cookie" not in response.headers
    assert (await visit(locked, "/api/v1/tasks", headers={"cookie": "assay_session=x"})).status_code == 401


async def test_without_a_token_others_cannot_reach_it() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.4", "bench.example.org"):
        with pytest.raises(ValidationError, match="ASSAY_TOKEN"):
            Settings.model_validate({"gateway_host": host})
        assert Settings.model_validate({"gateway_host": host, "token": "secret"}).requires_token
    for host in ("127.0.0.1", "::1", "localhost", "127.1.2.3"):
        assert not Settings.model_validate({"gateway_host": host}).requires_token


async def test_the_bound_address_is_a_name_of_the_gateway() -> None:
    assert "192.168.1.4" in Settings.model_validate({"gateway_host": "192.168.1.4", "token": "x"}).hosts
    assert "0.0.0.0" not in Settings.model_validate({"gateway_host": "0.0.0.0", "token": "x"}).hosts


@pytest.mark.parametrize(
    ("host", "name"),
    [("a:1", "a"), ("A.", "a"), ("[::1]:80", "::1"), ("", ""), ("a/b", ""), ("u@a", ""), ("a:b", ""), ("a b", "a b")],
)
async def test_host_names(host: str, name: str) -> None:
    assert host_name(host) == name
