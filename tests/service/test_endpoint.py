"""The endpoint for operators over a real socket: what probes and Prometheus see of a service."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest
from pydantic import ValidationError

from assay.service.endpoint import Endpoint, open_endpoint
from assay.service.errors import CannotListen
from assay.service.settings import EndpointEnvironment


def free_settings() -> EndpointEnvironment:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return EndpointEnvironment(metrics_port=taken.getsockname()[1])


async def exchange(endpoint: Endpoint, request: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    writer.write(request)
    reply = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    head, _, body = reply.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(status.split()[1]) if head else 0, headers, body


async def get(endpoint: Endpoint, path: str, accept: str = "*/*") -> tuple[int, dict[str, str], bytes]:
    return await exchange(endpoint, f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n".encode())


async def test_a_service_is_ready_while_no_check_gives_a_reason() -> None:
    reasons = ["not connected to the bus"]

    async def check() -> str:
        return reasons[0]

    async with open_endpoint("ledger", free_settings()) as endpoint:
        status, _, body = await get(endpoint, "/readyz")
        assert (status, json.loads(body)["detail"]) == (503, "it is starting")
        endpoint.ready_when(check)
        status, headers, body = await get(endpoint, "/readyz")
        assert (status, headers["content-type"]) == (503, "application/json")
        answer = json.loads(body)
        assert (answer["service"], answer["ready"], answer["detail"]) == ("ledger", False, reasons[0])
        assert (await get(endpoint, "/healthz"))[0] == 200, "it lives all the same"
        reasons[0] = ""
        assert (await get(endpoint, "/readyz"))[0] == 200


async def test_a_check_that_hangs_is_a_reason() -> None:
    async def hang() -> str:
        await asyncio.Event().wait()
        return ""

    async with open_endpoint("judge", free_settings()) as endpoint:
        endpoint.ready_when(hang)
        waiting = asyncio.create_task(get(endpoint, "/readyz"))
        assert (await get(endpoint, "/healthz"))[0] == 200
        status, _, body = await waiting
        assert (status, b"longer than" in body) == (503, True)


async def test_prometheus_gets_its_text_format_and_openmetrics_where_it_asks_for_that() -> None:
    async with open_endpoint("runner", free_settings()) as endpoint:
        status, headers, body = await get(endpoint, "/metrics")
        assert (status, headers["content-type"].partition(";")[0]) == (200, "text/plain")
        assert b'assay_build_info{python="' in body
        assert b"process_resident_memory_bytes" in body
        _, headers, body = await get(endpoint, "/metrics", "application/openmetrics-text; version=1.0.0")
        assert headers["content-type"].startswith("application/openmetrics-text")
        assert body.endswith(b"# EOF\n")


async def test_other_requests_get_an_answer_that_says_what_there_is() -> None:
    async with open_endpoint("runner", free_settings()) as endpoint:
        status, _, body = await get(endpoint, "/")
        assert (status, b"/readyz" in body) == (404, True)
        status, headers, _ = await exchange(endpoint, b"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        assert (status, headers["allow"]) == (405, "GET, HEAD")
        status, headers, body = await exchange(endpoint, b"HEAD /healthz HTTP/1.1\r\n\r\n")
        assert (status, body) == (200, b"")
        assert int(headers["content-length"]) > 0
        assert await exchange(endpoint, b"x" * 40_000) == (0, {}, b""), "a head without an end is cut off"
        assert (await get(endpoint, "/healthz"))[0] == 200


async def test_a_taken_port_is_named_with_the_variable_that_changes_it() -> None:
    settings = free_settings()
    async with open_endpoint("ledger", settings):
        with pytest.raises(CannotListen, match=f"port {settings.metrics_port}.*ASSAY_METRICS_PORT"):
            async with open_endpoint("judge", settings):
                pass


async def test_no_port_is_opened_unless_one_is_set() -> None:
    async with open_endpoint("ledger", EndpointEnvironment(metrics_port=0)) as endpoint:
        endpoint.ready_when()
        assert endpoint.port == 0
    with pytest.raises(ValidationError):
        EndpointEnvironment(metrics_port=70_000)
