"""The files an attempt left: byte for byte, and so that nothing of them can run."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from assay.artifacts import Area
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.ids import attempt_id
from tests.gateway.harness import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def put(shared: Gateway, name: str, data: bytes, media_type: str) -> str:
    run_id = await shared.ledger.new_run(attempts=1)
    ref = await shared.ports.stores[Area.ATTEMPTS].put(data, media_type)
    shared.ledger.runs[run_id].artifacts = {name: ref}
    return f"/api/v1/attempts/{attempt_id(run_id, 0)}/artifacts/{name}"


@pytest.mark.parametrize(
    ("media_type", "shown", "disposition"),
    [
        ("text/html", "text/plain; charset=utf-8", "inline"),
        ("text/plain; charset=latin-1", "text/plain; charset=utf-8", "inline"),
        ("application/json", "application/json", "inline"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("application/xhtml+xml", "application/octet-stream", "attachment"),
        ("nonsense", "application/octet-stream", "attachment"),
    ],
)
async def test_nothing_of_it_can_run(shared: Gateway, media_type: str, shown: str, disposition: str) -> None:
    evil = b"<script>alert(1)</script>\x00\xff\x1b[31m"
    response = await shared.http.get(await put(shared, "deep/evil.html", evil, media_type))
    assert response.content == evil
    assert response.headers["content-type"] == shown
    assert response.headers["content-disposition"] == f"{disposition}; filename*=UTF-8''evil.html"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["content-length"] == str(len(evil))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('a"; filename=b.html', "a%22%3B%20filename%3Db.html"),
        ("a\r\nset-cookie: x=y", "a%0D%0Aset-cookie%3A%20x%3Dy"),
        ("checks/\u202ecod.exe", "%E2%80%AEcod.exe"),
    ],
)
async def test_a_name_adds_no_header_and_names_no_other_file(shared: Gateway, name: str, shown: str) -> None:
    path = await put(shared, name, b"x", "text/plain")
    response = await shared.http.get(path.replace(name, quote(name)))
    assert response.status_code == 200
    assert response.headers["content-disposition"] == f"inline; filename*=UTF-8''{shown}"
    assert "set-cookie" not in response.headers


async def test_the_headers_hold_for_parts_and_for_what_is_known(shared: Gateway) -> None:
    path = await put(shared, "evil.html", b"<script>", "text/html")
    tag = (await shared.http.get(path)).headers["etag"]
    for asked in ({"range": "bytes=0-2"}, {"if-none-match": tag}):
        headers = (await shared.http.get(path, headers=asked)).headers
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["content-type"] == "text/plain; charset=utf-8"


async def test_only_names_of_the_attempt(shared: Gateway) -> None:
    path = await put(shared, "stdout.txt", b"x", "text/plain")
    for name in ("stdout", "../../../../runs", "..%2f..%2fetc%2fpasswd", "0" * 64):
        response = await shared.http.get(path.replace("stdout.txt", name))
        assert response.status_code == 404, name
    found = (await shared.http.get(path.replace("stdout.txt", "stdout"))).json()
    assert found["errors"][0]["near"] == "stdout.txt"


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=6-", 206, b"6789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=8-100", 206, b"89"),
        ("bytes=-100", 206, b"0123456789"),
        ("bytes=10-", 416, None),
        ("bytes=5-2", 416, None),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
async def test_ranges(shared: Gateway, asked: str, status: int, content: bytes | None) -> None:
    path = await put(shared, "out", b"0123456789", "text/plain")
    response = await shared.http.get(path, headers={"range": asked})
    assert response.status_code == status
    if content is not None:
        assert response.content == content


async def test_what_is_known_is_not_sent_again(shared: Gateway) -> None:
    path = await put(shared, "out", b"0123456789", "text/plain")
    tag = (await shared.http.get(path)).headers["etag"]
    assert (await shared.http.get(path, headers={"if-none-match": tag})).status_code == 304


async def test_bytes_that_are_gone(shared: Gateway) -> None:
    path = await put(shared, "out", b"0123456789", "text/plain")
    for fake in shared.ledger.runs.values():
        fake.artifacts = {"out": ArtifactRef(sha256="0" * 64, size_bytes=3)}
    response = await shared.http.get(path)
    assert (response.status_code, response.json()["code"]) == (502, "artifact_lost")
