"""Access by Host, Origin and token, over HTTP and in the WebSocket handshake."""

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
async def public(folder: Path) -> AsyncIterator[Gateway]:
    async with open_gateway(folder, allowed_hosts="bench.example.org", allowed_origins=OTHER_PAGE) as gateway:
        yield gateway


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def secured(folder: Path) -> AsyncIterator[Gateway]:
    async with open_gateway(folder, token="open sesame") as gateway:
        yield gateway


async def handshake_status(gateway: Gateway, **headers: str) -> int:
    """101, or the HTTP status that rejected the handshake."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        async with gateway.live(additional_headers=names):
            return 101
    except InvalidStatus as rejected:
        assert rejected.response.headers["content-type"] == "application/problem+json"
        return rejected.response.status_code


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
        ("[::1", 403),
        ("localhost:port", 403),
    ],
)
async def test_only_known_hosts_are_accepted(public: Gateway, host: str, status: int) -> None:
    for path in ("/", "/api/v1/tasks", "/healthz", "/metrics", "/docs"):
        response = await public.http.get(path, headers={"host": host.format(port=public.port)})
        assert (response.status_code == 403) == (status == 403), path
    if status == 403:
        assert response.json()["code"] == "host_not_allowed"
        assert "ASSAY_ALLOWED_HOSTS" in response.json()["detail"]


@pytest.mark.parametrize("host", ["10.0.0.7:8000", "[fd00::7]:8000"])
async def test_probes_and_metrics_can_be_requested_by_address(public: Gateway, host: str) -> None:
    statuses = {
        path: (await public.http.get(path, headers={"host": host})).status_code
        for path in ("/healthz", "/readyz", "/metrics", "/", "/api/v1/tasks")
    }
    assert statuses == {"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 403, "/api/v1/tasks": 403}


async def test_an_unknown_host_cannot_open_a_websocket(public: Gateway) -> None:
    assert await handshake_status(public, Host="evil.example.org") == 403


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
async def test_other_origins_can_neither_change_nor_listen(
    public: Gateway, headers: dict[str, str], http: bool, websocket: bool
) -> None:
    """Reading is left to the browser's same-origin policy."""
    sent = {name: value.format(port=public.port) for name, value in headers.items()}
    before = len(public.ledger.submitted)
    response = await public.http.post("/api/v1/runs", json=RUN, headers=sent)
    assert response.status_code == (201 if http else 403)
    assert len(public.ledger.submitted) == before + http
    assert await handshake_status(public, **sent) == (101 if websocket else 403)
    assert (await public.http.get("/api/v1/tasks", headers=sent)).status_code == 200


async def test_a_repeated_origin_header_is_rejected(public: Gateway) -> None:
    headers = [("origin", f"http://127.0.0.1:{public.port}"), ("origin", "https://evil.example.org")]
    assert (await public.http.post("/api/v1/runs", json=RUN, headers=headers)).status_code == 403


async def test_allowed_origins_can_read_responses(public: Gateway) -> None:
    for origin, allowed in ((OTHER_PAGE, OTHER_PAGE), ("https://evil.example.org", None)):
        response = await public.http.get("/api/v1/tasks", headers={"origin": origin})
        assert response.headers.get("access-control-allow-origin") == allowed


@pytest.mark.parametrize(
    "path", ["/api/v1/runs", "/api/v1/tasks", "/api/v1/openapi.json", "//api/v1/tasks", "/metrics"]
)
async def test_the_api_requires_the_token(secured: Gateway, path: str) -> None:
    rejected = await secured.http.get(f"{secured.url}{path}")
    assert (rejected.status_code, rejected.json()["code"]) == (401, "unauthorized")
    assert rejected.headers["www-authenticate"].startswith("Bearer")
    for wrong in ("Bearer wrong", "Basic open sesame", "open sesame", "Bearer"):
        assert (await secured.http.get(f"{secured.url}{path}", headers={"authorization": wrong})).status_code == 401
    right = {"authorization": "Bearer open sesame"}
    assert (await secured.http.get(f"{secured.url}{path}", headers=right)).status_code == 200


async def test_the_live_socket_requires_the_token(secured: Gateway) -> None:
    assert await handshake_status(secured) == 401
    assert await handshake_status(secured, Authorization="Bearer wrong") == 401
    assert await handshake_status(secured, Authorization="Bearer open sesame") == 101


async def test_pages_without_data_require_no_token(secured: Gateway) -> None:
    for path, status in (("/healthz", 200), ("/readyz", 200), ("/docs", 200), ("/", 503)):
        assert (await secured.http.get(path)).status_code == status


async def browser_request(gateway: Gateway, path: str, **request: Any) -> httpx2.Response:
    """From a new browser, without cookies."""
    async with httpx2.AsyncClient(base_url=gateway.url, trust_env=False, verify=False, timeout=60) as browser:
        return await browser.request(request.pop("method", "GET"), f"{gateway.url}{path}", **request)


async def test_a_link_with_the_token_sets_a_session_cookie(secured: Gateway) -> None:
    response = await browser_request(secured, "/runs?token=open%20sesame")
    assert (response.status_code, response.headers["location"]) == (303, "/runs")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "sesame" not in cookie
    headers = {"cookie": cookie.partition(";")[0]}
    assert (await browser_request(secured, "/api/v1/tasks", headers=headers)).status_code == 200
    assert await handshake_status(secured, Cookie=headers["cookie"], Origin=secured.url) == 101
    assert await handshake_status(secured, Cookie=headers["cookie"], Origin="https://evil.example.org") == 403


async def test_a_link_with_the_token_never_redirects_to_another_site(secured: Gateway) -> None:
    for path in ("//evil.example.org/", "/%5Cevil.example.org/", "/%2F/evil.example.org", "/%2F%5C/evil.example.org"):
        response = await browser_request(secured, f"{path}?token=open%20sesame")
        assert response.status_code == 303
        assert response.headers["location"].startswith("/evil")


async def test_signing_in_and_out(secured: Gateway) -> None:
    signed = await browser_request(secured, "/api/v1/session", method="POST", json={"token": "open sesame"})
    assert signed.status_code == 204
    headers = {"cookie": signed.headers["set-cookie"].partition(";")[0]}
    assert (await browser_request(secured, "/api/v1/tasks", headers=headers)).status_code == 200
    out = await browser_request(secured, "/api/v1/session", method="DELETE", headers=headers)
    assert "Max-Age=0" in out.headers["set-cookie"]


@pytest.mark.parametrize("request_", [("POST", "/api/v1/session", {"token": "wrong"}), ("GET", "/?token=wrong", None)])
async def test_a_wrong_token_sets_no_cookie(secured: Gateway, request_: tuple[str, str, Any]) -> None:
    method, path, body = request_
    response = await browser_request(secured, path, method=method, json=body)
    assert response.status_code == 401
    assert "set-cookie" not in response.headers
    assert (await browser_request(secured, "/api/v1/tasks", headers={"cookie": "assay_session=x"})).status_code == 401


async def test_other_interfaces_than_loopback_require_a_token() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.4", "bench.example.org"):
        with pytest.raises(ValidationError, match="ASSAY_TOKEN"):
            Settings.model_validate({"gateway_host": host})
        assert Settings.model_validate({"gateway_host": host, "token": "secret"}).requires_token
    for host in ("127.0.0.1", "::1", "localhost", "127.1.2.3"):
        assert not Settings.model_validate({"gateway_host": host}).requires_token


async def test_the_bound_address_is_an_accepted_host() -> None:
    assert "192.168.1.4" in Settings.model_validate({"gateway_host": "192.168.1.4", "token": "x"}).hosts
    assert "0.0.0.0" not in Settings.model_validate({"gateway_host": "0.0.0.0", "token": "x"}).hosts


@pytest.mark.parametrize(
    ("host", "name"),
    [("a:1", "a"), ("A.", "a"), ("[::1]:80", "::1"), ("", ""), ("a/b", ""), ("u@a", ""), ("a:b", ""), ("a b", "a b")],
)
async def test_host_names_are_parsed(host: str, name: str) -> None:
    assert host_name(host) == name
