"""Malformed messages (fault 24) are dead-lettered with a reason and crash nothing; 100,000 of them are fuzzed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

import pytest

from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS, all_queues
from assay.contracts import subjects
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, Report, State
from assay.contracts.codec import MAX_MESSAGE_BYTES, Malformed, decode, encode
from assay.contracts.models import Call, Usage
from assay.contracts.verdicts import Outcome, Verdict
from services.ledger.report_intake import settle
from tests.ledger.harness import LedgerHarness, executed

FUZZED = 100_000

CALL = Call(call_id="r-1:1:1", model="m", usage=Usage(input_tokens=5, output_tokens=1), cost_nanousd=7)
VALID = (
    AttemptExecuted(
        message_id="r-1:1:executed",
        attempt_id="r-1",
        token=1,
        worker_id="w",
        calls=(CALL,),
        output=ArtifactRef(sha256="a" * 64, size_bytes=3),
        duration_seconds=0.5,
    ),
    AttemptJudged(
        message_id="r-1:1:judged",
        attempt_id="r-1",
        token=1,
        worker_id="j",
        verdict=Verdict(outcome=Outcome.PASSED, score=1.0, metrics={"f1": 0.5}),
    ),
)

HEAD = b'{"type":"attempt.executed","message_id":"m","attempt_id":"r-1","token":1,"worker_id":"w",'
CALL_HEAD = HEAD + b'"calls":[{"call_id":"c","model":"m",'
MALFORMED = {
    "not JSON": b"executed!",
    "empty": b"",
    "truncated": encode(VALID[0])[:-20],
    "doubled": encode(VALID[0]) * 2,
    "unknown type": b'{"type":"attempt.vanished","message_id":"m"}',
    "future version": b'{"type":"attempt.executed.v2","message_id":"m","attempt_id":"r-1","token":1}',
    "a lone surrogate": HEAD + b'"reason":"\\ud800"}',
    "invalid UTF-8": HEAD + b'"reason":"\xff\xfe"}',
    "deep nesting": HEAD + b'"later":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a NaN": HEAD + b'"duration_seconds":NaN}',
    "an infinity": HEAD + b'"duration_seconds":1e999}',
    "a NaN cost": CALL_HEAD + b'"cost_nanousd":NaN}]}',
    "a negative cost": CALL_HEAD + b'"cost_nanousd":-1}]}',
    "a cost out of range": CALL_HEAD + b'"cost_nanousd":9223372036854775808}]}',
    "a fractional cost": CALL_HEAD + b'"cost_nanousd":0.5}]}',
    "negative tokens": CALL_HEAD + b'"usage":{"input_tokens":-1}}]}',
    "a negative duration": HEAD + b'"duration_seconds":-1}',
    "a negative fencing token": HEAD.replace(b'"token":1', b'"token":-1') + b'"reason":""}',
}


@pytest.mark.parametrize("kind", MALFORMED)
async def test_a_malformed_report_is_dead_lettered_with_a_reason(kind: str) -> None:
    bus = MemoryBus()
    await bus.provision(all_queues())
    await bus.work.publish([Envelope(subject="assay.work.report.run", message_id="m", payload=MALFORMED[kind])])
    assert await bus.work.fetch(REPORTS, 10, wait_seconds=0.05) == []
    (letter,) = await bus.work.dead_letters()
    assert letter.reason.startswith("not a valid message: ")
    assert letter.payload == MALFORMED[kind]
    await bus.close()


def test_the_nested_message_is_within_the_size_limit() -> None:
    assert len(MALFORMED["deep nesting"]) < MAX_MESSAGE_BYTES


def mutations(seed: int, count: int) -> Iterator[bytes]:
    """Valid reports with bytes flipped, removed, repeated and inserted."""
    rng = random.Random(seed)
    valid = [encode(message) for message in VALID]
    insertions = (b"\x00", b"\\u0000", b"-", b"e9", b"null", b"[[", b'"', b"\xff", b"9" * 30, b"\\ud83d")
    for _ in range(count):
        data = bytearray(rng.choice(valid))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data) + 1)
            kind = rng.randrange(4)
            if kind == 0 and at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            elif kind == 1:
                del data[at : at + rng.randint(1, 20)]
            elif kind == 2:
                data[at:at] = data[at : at + rng.randint(1, 20)]
            else:
                data[at:at] = rng.choice(insertions)
        yield bytes(data)


def test_fuzzed_reports_are_decoded_or_malformed() -> None:
    read = 0
    for data in mutations(seed=24, count=FUZZED):
        with suppress(Malformed):
            report: Report = decode(Report, data)
            assert decode(Report, encode(report)) == report
            read += 1
    assert 0 < read < FUZZED


async def test_fuzzed_reports_on_the_bus_are_delivered_or_dead_lettered() -> None:
    bus = MemoryBus()
    await bus.provision(all_queues())
    sent = [
        Envelope(subject="assay.work.report.run", message_id=f"m{number}", payload=data)
        for number, data in enumerate(mutations(seed=25, count=10_000))
    ]
    await bus.work.publish(sent)
    delivered = 0
    while deliveries := await bus.work.fetch(REPORTS, 500, wait_seconds=0.01):
        delivered += len(deliveries)
        for delivery in deliveries:
            await delivery.ack()
    letters = await bus.work.dead_letters(limit=len(sent))
    assert delivered + len(letters) == len(sent)
    assert all(letter.reason for letter in letters)
    await bus.close()


async def test_a_report_that_cannot_be_stored_is_dead_lettered_and_the_others_take_effect(
    ledger: LedgerHarness,
) -> None:
    bus = MemoryBus()
    await bus.provision(all_queues())
    run = await ledger.submit(samples=5)
    *bad, good = await ledger.start_attempts(run)
    unstorable = (
        {"reason": "a NUL \x00"},
        {"artifacts": {"a\x00b": ArtifactRef(sha256="a" * 64, size_bytes=1)}},
        {"token": 99_999_999_999},
        {"calls": tuple(Call(call_id=f"c{n}", model="m", cost_nanousd=2**62) for n in range(4))},
    )
    reports = [executed(good), *(executed(ticket, **fields) for ticket, fields in zip(bad, unstorable, strict=True))]
    await bus.work.publish([Envelope.of(subjects.report(each), each.message_id, each) for each in reports])
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ledger.reports)
    assert (await ledger.attempts.get(good.attempt_id)).attempt.state is State.EXECUTED
    assert len(await bus.work.dead_letters()) == len(unstorable)
    await bus.close()
