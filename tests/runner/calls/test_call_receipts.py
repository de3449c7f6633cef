"""A report with any number of calls fits in a message, and its sums are exact."""

from __future__ import annotations

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.codec import MAX_MESSAGE_BYTES, encode
from assay.contracts.models import Call, Usage
from services.runner.calls.call_receipts import MAX_CALLS, call_receipts


def call(number: int) -> Call:
    usage = Usage(input_tokens=123_456_789, cached_tokens=123_456, output_tokens=12_345 + number, reasoning_tokens=1234)
    return Call(
        call_id=f"{'a' * 26}-{number:012}",
        model="some-provider/a-model-with-a-long-name-2026-11-21",
        usage=usage,
        cost_nanousd=987_654_321_000 + number,
        price_version="genai-prices 2026-11-21 and prices.yaml 2026-11-20",
        estimated=number == 4000,
        latency_seconds=123.456789012345,
        finish_reason="tool_calls",
    )


def test_few_calls_are_reported_unchanged() -> None:
    calls = tuple(call(number) for number in range(MAX_CALLS))
    assert call_receipts(calls) == calls


def test_many_calls_are_summed_up_to_fit_the_report() -> None:
    calls = [call(number) for number in range(10_000)]
    receipts = call_receipts(calls)
    assert len(receipts) == MAX_CALLS and receipts[:-1] == tuple(calls[: MAX_CALLS - 1])
    assert sum(each.cost_nanousd for each in receipts) == sum(each.cost_nanousd for each in calls)
    assert sum((each.usage for each in receipts), Usage()) == sum((each.usage for each in calls), Usage())
    assert sum(each.requests for each in receipts) == len(calls) and receipts[-1].estimated
    report = AttemptExecuted(message_id="m", attempt_id="r-1", token=1, worker_id="w", calls=receipts)
    assert len(encode(report)) < MAX_MESSAGE_BYTES * 0.75
