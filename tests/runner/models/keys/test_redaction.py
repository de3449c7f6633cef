"""Provider keys go only to their provider, and into no error message (faults 36 and 50)."""

from __future__ import annotations

import json
import traceback

import pytest

from assay.contracts.models import Parameters
from services.runner.errors import CallFailed
from services.runner.models.openai.client import open_client
from services.runner.models.provider_client import Connection
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.harness import BOTH, to_request

KEY = "canary-key-91f0c4d2a7"


def leaks() -> dict[str, Reply]:
    """Replies that repeat the key."""
    error = json.dumps({"error": {"message": f"no such key: {KEY}"}}).encode()
    return {
        "refused": Reply(status=401, text=f"Incorrect API key provided: {KEY}. Find yours."),
        "broken": Reply(status=500, text=f"header 'Authorization: Bearer {KEY}' is odd"),
        "limited": Reply(status=429, text=f"key={KEY}"),
        "cut off": Reply(status=400, text="x" * 480 + KEY),
        "in a stream": Reply(raw=b"data: " + error + b"\n\n", content_type="text/event-stream"),
        "as a reply": Reply(raw=error),
        "no JSON": Reply(raw=f"<html>{KEY}</html>".encode()),
        "no text": Reply(status=403, raw=json.dumps({"detail": [{"token": KEY}]}).encode()),
    }


@BOTH
@pytest.mark.parametrize("answer", leaks())
async def test_a_repeated_key_is_redacted(endpoint: FakeEndpoint, parameters: Parameters, answer: str) -> None:
    endpoint.default = leaks()[answer]
    client = open_client(Connection(base_url=endpoint.url, api_key=KEY))
    with pytest.raises(CallFailed) as raised:
        await client.model("m-1").complete(to_request(parameters), lambda _: None)
    await client.close()
    shown = "".join(traceback.format_exception(raised.value))
    assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}", "it was sent"
    assert "[key]" in str(raised.value)
    assert KEY[:12] not in str(raised.value) and KEY[:12] not in shown
