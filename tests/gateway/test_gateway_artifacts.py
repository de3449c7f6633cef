"""Artifacts are served byte for byte, in a way that browsers cannot execute."""

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
    ("media_type", "served", "disposition"),
    [
        ("text/html", "text/plain; charset=utf-8", "inline"),
        ("text/plain; charset=latin-1", "text/plain; charset=utf-8", "inline"),
        ("application/json", "application/json", "inline"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("application/xhtml+xml", "application/octet-stream", "attachment"),
        ("nonsense", "application/octet-stream", "attachment"),
    ],
)
async def test_browsers_cannot_execute_an_artifact(
    shared: Gateway, media_type: str, served: str, disposition: str
) -> None:
    script = b"<script>alert(1)</script>\x00\xff\x1b[31m"
    response = await shared.http.get(await put(shared, "deep/evil.html", script, media_type))
    assert response.content == script
    assert response.headers["content-type"] == served
    assert response.headers["content-disposition"] == f"{disposition}; filename*=UTF-8''evil.html"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["content-length"] == str(len(script))


@pytest.mark.parametrize(
    ("name", "served"),
    [
        ('a"; filename=b.html', "a%22%3B%20filename%3Db.html"),
        ("a\r\nset-cookie: x=y", "a%0D%0Aset-cookie%3A%20x%3Dy"),
        ("checks/\u202ecod.exe", "%E2%80%AEcod.exe"),
    ],
)
async def test_an_artifact_name_cannot_inject_headers(shared: Gateway, name: str, served: str) -> None:
    path = await put(shared, name, b"x", "text/plain")
    response = await shared.http.get(path.replace(name, quote(name)))
    assert response.status_code == 200
    assert response.headers["content-disposition"] == f"inline; filename*=UTF-8''{served}"
    assert "set-cookie" not in response.headers


async def test_partial_and_not_modified_responses_have_the_same_headers(shared: Gateway) -> None:
    path = await put(shared, "evil.html", b"<script>", "text/html")
    tag = (await shared.http.get(path)).headers["etag"]
    for requested in ({"range": "bytes=0-2"}, {"if-none-match": tag}):
        headers = (await shared.http.get(path, headers=requested)).headers
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["content-type"] == "text/plain; charset=utf-8"


async def test_other_names_than_the_attempts_are_not_found(shared: Gateway) -> None:
    path = await put(shared, "stdout.txt", b"x", "text/plain")
    for name in ("stdout", "../../../../runs", "..%2f..%2fetc%2fpasswd", "0" * 64):
        response = await shared.http.get(path.replace("stdout.txt", name))
        assert response.status_code == 404, name
    found = (await shared.http.get(path.replace("stdout.txt", "stdout"))).json()
    assert found["errors"][0]["near"] == "stdout.txt"


@pytest.mark.parametrize(
    ("requested", "status", "content"),
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
async def test_range_requests(shared: Gateway, requested: str, status: int, content: bytes | None) -> None:
    path = await put(shared, "out", b"0123456789", "text/plain")
    response = await shared.http.get(path, headers={"range": requested})
    assert response.status_code == status
    if content is not None:
        assert response.content == content


async def test_a_matching_etag_gets_304(shared: Gateway) -> None:
    path = await put(shared, "out", b"0123456789", "text/plain")
    tag = (await shared.http.get(path)).headers["etag"]
    assert (await shared.http.get(path, headers={"if-none-match": tag})).status_code == 304


async def test_missing_content_is_reported_as_lost(shared: Gateway) -> None:
    path = await put(shared, "out", b"0123456789", "text/plain")
    for fake in shared.ledger.runs.values():
        fake.artifacts = {"out": ArtifactRef(sha256="0" * 64, size_bytes=3)}
    response = await shared.http.get(path)
    assert (response.status_code, response.json()["code"]) == (502, "artifact_lost")
