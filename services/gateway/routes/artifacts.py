"""An attempt's artifacts, byte for byte. They are untrusted: none may run in the dashboard's origin."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from assay.artifacts import Area, ArtifactMissing
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import GetAttempt
from assay.validation.did_you_mean import closest
from services.gateway.errors import Gone, NotFound
from services.gateway.http.parameters import AttemptId
from services.gateway.ports import PortsDependency

_RANGE = re.compile(r"^bytes=(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<suffix>\d{1,18}))$")
ArtifactName = Annotated[
    str, PathParameter(max_length=500, description="A key of `artifacts` in the attempt's detail.")
]


@get(
    "/attempts/{attempt_id:str}/artifacts/{name:path}",
    summary="Get an artifact",
    operation_id="get_artifact",
    responses={
        200: ResponseSpec(
            bytes, generate_examples=False, description="The artifact's bytes", media_type="application/octet-stream"
        )
    },
)
async def get_artifact(
    attempt_id: AttemptId, name: ArtifactName, ports: PortsDependency, request: Request[Any, Any, Any]
) -> Response[bytes]:
    """Text is served as text/plain, whatever its media type. Supports a single `Range`; the `ETag` is the sha256."""
    detail = await ports.bus.rpc.request(GetAttempt(attempt_id=attempt_id))
    wanted = name.removeprefix("/")
    if wanted not in detail.artifacts:
        names = ", ".join(sorted(detail.artifacts))
        raise NotFound("artifact", wanted, f"The attempt has: {names}.", closest(wanted, detail.artifacts))
    ref = detail.artifacts[wanted]
    headers = artifact_headers(wanted, ref)
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(b"", status_code=304, headers=headers)
    try:
        data = await ports.stores[Area.ATTEMPTS].get(ref)
    except ArtifactMissing:
        if detail.expired_at is not None:
            raise _expired(wanted, ref, detail.expired_at) from None
        raise
    return range_response(data, request.headers.get("range", ""), headers)


def _expired(name: str, ref: ArtifactRef, expired_at: datetime) -> Gone:
    return Gone(
        "Artifact expired",
        f"The content of {name!r} ({ref.size_bytes} bytes, sha256 {ref.sha256}) was deleted at or after "
        f"{expired_at:%Y-%m-%d %H:%M} UTC, because its run ended longer ago than artifacts are kept. "
        "The attempt's verdict, costs and digests remain.",
    )


def artifact_headers(name: str, ref: ArtifactRef) -> dict[str, str]:
    """Headers that keep a browser from rendering or executing the bytes."""
    media_type = safe_media_type(ref.media_type)
    disposition = "attachment" if media_type == "application/octet-stream" else "inline"
    return {
        "content-type": media_type,
        "content-disposition": f"{disposition}; filename*=UTF-8''{quote(name.rpartition('/')[2], safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "cache-control": "private, no-cache",
        "accept-ranges": "bytes",
        "etag": f'"{ref.sha256}"',
        "x-artifact-truncated": "true" if ref.truncated else "false",
    }


def safe_media_type(media_type: str) -> str:
    kind = media_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return "application/json"
    return "text/plain; charset=utf-8" if kind.startswith("text/") else "application/octet-stream"


def range_response(data: bytes, range_header: str, headers: dict[str, str]) -> Response[bytes]:
    """The requested part, or, as RFC 9110 requires, everything if the header is not understood."""
    found = _RANGE.match(range_header)
    if not found:
        return Response(data, headers=headers, media_type=headers["content-type"])
    if found["suffix"]:
        first, last = max(0, len(data) - int(found["suffix"])), len(data) - 1
    else:
        first, last = int(found["first"]), min(int(found["last"] or len(data)), len(data) - 1)
    if first > last:
        detail = f"The artifact has {len(data)} bytes; {range_header!r} is outside of them."
        raise ProblemError(Problem(code="bad_range", title="Range not satisfiable", status=416, detail=detail))
    headers = {**headers, "content-range": f"bytes {first}-{last}/{len(data)}"}
    return Response(data[first : last + 1], status_code=206, headers=headers, media_type=headers["content-type"])
