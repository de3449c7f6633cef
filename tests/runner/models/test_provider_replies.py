"""How replies of providers are read: each row of the corpus is sent by a server and read through the SDK's client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from services.runner import errors
from services.runner.errors import CallFailed
from services.runner.models import Completion
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.harness import ModelClient

CORPUS = Path(__file__).parents[2] / "corpus/provider_replies.yaml"


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See the head of the corpus."""

    why: str
    body: str
    type: str = "application/json"
    status: int = 200
    text: str | None = None
    reasoning: str = ""
    calls: list[tuple[str, str]] = []
    usage: tuple[int, int] | None = None
    refused: bool = False
    notes: list[str] = []
    error: tuple[str, str] | None = None

    @property
    def reply(self) -> Reply:
        return Reply(raw=self.body.encode("utf-8", "surrogatepass"), content_type=self.type, status=self.status)


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    rows: list[Row]


GROUPS = msgspec.yaml.decode(CORPUS.read_bytes(), type=list[Group])


def rows() -> Iterator[object]:
    for group in GROUPS:
        yield from (pytest.param(row, id=f"{group.kind}: {row.why}") for row in group.rows)


@pytest.mark.parametrize("row", list(rows()))
async def test_a_reply_is_read(endpoint: FakeEndpoint, client: ModelClient, row: Row) -> None:
    endpoint.default = row.reply
    if row.error is not None:
        kind, message = row.error
        with pytest.raises(CallFailed) as raised:
            await client.complete()
        assert type(raised.value) is getattr(errors, kind), row.why
        assert message in str(raised.value)
        return
    completion = await client.complete()
    assert_matches(row, completion)
    assert "".join(client.pieces) == ("" if row.refused else completion.text), "reasoning is not streamed as text"


def assert_matches(row: Row, completion: Completion) -> None:
    usage = completion.usage and (completion.usage.input_tokens, completion.usage.output_tokens)
    calls = [(call.name, call.arguments) for call in completion.tool_calls]
    read = (completion.text, completion.reasoning, calls, usage, completion.refused)
    assert read == (row.text, row.reasoning, row.calls, row.usage, row.refused), row.why
    assert len(completion.notes) == len(row.notes), completion.notes
    assert all(part in note for part, note in zip(row.notes, completion.notes, strict=True)), completion.notes
