"""Outages: one request tests a model that does not answer, while the others wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.runner.errors import (
    AccessRefused,
    CallFailed,
    EndpointTimeout,
    EndpointUnreachable,
    PromptTooLong,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)
from tests.runner.fakes import settle
from tests.runner.rate_limiter.harness import LimiterHarness, names, open_limiter

HOUR = 3600.0
OUTAGES = [
    RateLimited("429"),
    ProviderUnavailable("503"),
    ProviderError("500"),
    EndpointUnreachable("connection refused"),
    EndpointTimeout("no answer", may_be_billed=True),
]


async def _fail_tests(requests: LimiterHarness, seconds: float, error: CallFailed) -> list[float]:
    """Lets every request fail at once for ``seconds``, each followed by another; returns when they were sent."""
    end, sent = requests.clock.time() + seconds, list[float]()
    while requests.clock.time() < end:
        await requests.clock.advance(0.5)
        assert len(requests.in_flight) <= 1, "one request at a time"
        for name in list(requests.in_flight):
            sent.append(requests.clock.time())
            await requests.finish(name, error=error)
            await requests.start(f"{name}+")
    return sent


@pytest.mark.parametrize("error", OUTAGES, ids=[type(error).__name__ for error in OUTAGES])
async def test_one_request_at_a_time_tests_a_model_that_does_not_answer(error: CallFailed) -> None:
    async with open_limiter(concurrency=8, wait_seconds=HOUR) as requests:
        await requests.start(*names(8))
        await requests.finish(*names(8), error=error)
        await requests.start(*names(8, first=8))
        sent = await _fail_tests(requests, 40.0, error)
        assert 2 <= len(sent) <= 6, "after growing waits"
        while not requests.in_flight:
            await requests.clock.advance(0.5)
        assert len(requests.in_flight) == 1
        await requests.finish(*list(requests.in_flight))
        # A rate limit has halved the window.
        assert len(requests.in_flight) == (4 if isinstance(error, RateLimited) else 7)


async def test_requests_that_wait_say_for_what_and_for_how_long() -> None:
    async with open_limiter(concurrency=8, wait_seconds=HOUR) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=ProviderUnavailable("https://x answered 503: down for tea"))
        await requests.start("r1", "r2")
        down = "openai/m has been unavailable for {}: https://x answered 503: down for tea"
        assert requests.wait_reasons["r2"] == [f"waiting for provider, 1 s: {down.format('0 s')}"]
        await requests.clock.advance(12.0)
        testing = "one request tests whether openai/m answers again; it has been unavailable for"
        assert requests.wait_reasons["r2"][-1].startswith(f"waiting for provider: {testing} 10 s: https://x answered")


async def test_the_other_models_of_the_provider_go_on() -> None:
    async with open_limiter(concurrency=8) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=ProviderUnavailable("503"))
        await requests.start("r1", "other:r2")
        assert list(requests.in_flight) == ["other:r2"]


async def test_an_answer_of_any_request_ends_the_outage() -> None:
    async with open_limiter(concurrency=3) as requests:
        await requests.start(*names(6))
        await requests.finish("r0", error=ProviderUnavailable("503"))
        assert list(requests.in_flight) == ["r1", "r2"]
        await requests.finish("r1")
        assert list(requests.in_flight) == ["r2", "r3", "r4"]


async def test_an_answer_that_is_no_completion_ends_the_outage_too() -> None:
    async with open_limiter(concurrency=3) as requests:
        await requests.start(*names(4))
        await requests.finish("r0", error=ProviderUnavailable("503"))
        await requests.finish("r1", error=PromptTooLong("9000 tokens"))
        assert list(requests.in_flight) == ["r2", "r3"]


async def test_a_test_that_is_still_under_way_after_20_s_lets_the_others_go() -> None:
    async with open_limiter(concurrency=8, wait_seconds=HOUR) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=ProviderUnavailable("503"))
        await requests.start("slow", "r1", "r2")
        await requests.clock.advance(20.0)
        assert list(requests.in_flight) == ["slow"]
        await requests.clock.advance(1.0)
        assert list(requests.in_flight) == ["slow", "r1", "r2"]


async def test_the_first_part_of_an_answer_lets_the_others_go() -> None:
    async with open_limiter(concurrency=8) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=ProviderUnavailable("503"))
        await requests.start("test", "r1")
        await requests.clock.advance(1.0)
        assert list(requests.in_flight) == ["test"]
        requests.permits["test"].on_data()
        await settle()
        assert list(requests.in_flight) == ["test", "r1"]


async def test_if_the_test_is_cancelled_the_next_request_is_the_test() -> None:
    async with open_limiter(concurrency=8) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=ProviderUnavailable("503"))
        await requests.start("r1", "r2", "r3")
        await requests.clock.advance(1.0)
        requests.tasks["r1"].cancel()
        await settle()
        assert list(requests.in_flight) == ["r2"]


# --- the end of waiting


async def test_a_request_waits_as_long_as_its_run_may_last() -> None:
    async with open_limiter(concurrency=8, wait_seconds=2 * HOUR) as requests:
        await requests.start("answered")
        await requests.finish("answered")
        await requests.start("r0", "r1")
        await requests.finish("r0", error=ProviderUnavailable("503: down for tea"))
        await requests.finish("r1", error=ProviderUnavailable("503: down for tea"))
        await requests.start("patient")
        await _fail_tests(requests, 2 * HOUR - 60, ProviderUnavailable("503: down for tea"))
        requests.wait_seconds = 30.0
        await requests.start(*names(5, first=10))
        await _fail_tests(requests, 30.0, ProviderUnavailable("503: down for tea"))
        assert all(requests.tasks[name].done() for name in names(5, first=10)), "no longer than the run may last"
        error = requests.tasks["r14"].exception()
        assert isinstance(error, ProviderUnavailable)
        assert error.final
        assert "openai/m has been unavailable for 1 h 59 min: 503: down for tea" in str(error)


async def test_a_model_that_never_answered_is_waited_for_only_15_minutes() -> None:
    async with open_limiter(concurrency=8, wait_seconds=2 * HOUR) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=EndpointUnreachable("connection refused; is it running?"))
        await requests.start(*names(3, first=1))
        await _fail_tests(requests, 890.0, EndpointUnreachable("connection refused; is it running?"))
        waiting = [task for task in requests.tasks.values() if not task.done()]
        assert len(waiting) == 3
        await _fail_tests(requests, 30.0, EndpointUnreachable("connection refused; is it running?"))
        errors = [task.exception() for task in waiting if task.done()]
        assert len(errors) == 3
        assert sum("has been unavailable for 15 min" in str(error) for error in errors) >= 2
        await requests.clock.advance(15.0)
        await requests.start("test", "after")
        await requests.finish("test", error=EndpointUnreachable("connection refused; is it running?"))
        assert requests.tasks["after"].done(), "no further wait"


async def test_an_outage_is_forgotten_while_nobody_calls_the_model() -> None:
    async with open_limiter(concurrency=8, wait_seconds=2 * HOUR) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=EndpointUnreachable("connection refused"))
        await requests.clock.advance(HOUR)
        await requests.start("r1", "r2")
        assert list(requests.in_flight) == ["r1", "r2"]
        await requests.finish("r1", error=EndpointUnreachable("connection refused"))
        await requests.start("r3")
        assert requests.wait_reasons["r3"][0].startswith(
            "waiting for provider, 1 s: openai/m has been unavailable for 0 s"
        )


# --- refusals


def refused(status: int = 401) -> AccessRefused:
    return AccessRefused(f"https://x answered {status}: wrong key", status=status)


async def test_a_model_that_refuses_every_request_is_not_called_for_30_s() -> None:
    async with open_limiter(concurrency=2) as requests:
        await requests.start(*names(40))
        await requests.finish("r0", "r1", error=refused())
        await requests.finish("r2", "r3", error=refused())
        assert len(requests.started) == 4
        for name in names(36, first=4):
            error = requests.tasks[name].exception()
            assert isinstance(error, AccessRefused)
            assert "https://x answered 401: wrong key (not sent: the model's last 4 requests were refused alike" in str(
                error
            )
        await requests.start("other:r1")
        assert list(requests.in_flight) == ["other:r1"], "other models are called"
        await requests.clock.advance(29.0)
        await requests.start("soon")
        assert requests.tasks["soon"].done()
        await requests.clock.advance(1.0)
        await requests.start("first", "second")
        assert list(requests.in_flight) == ["other:r1", "first"], "one request tests the model"
        await requests.finish("first")
        assert list(requests.in_flight) == ["other:r1", "second"], "the key works again"


async def test_if_the_test_is_refused_too_the_model_is_not_called_for_another_30_s() -> None:
    async with open_limiter(concurrency=8) as requests:
        await requests.start(*names(3))
        await requests.finish(*names(3), error=refused())
        await requests.clock.advance(30.0)
        await requests.start("first", "second")
        await requests.finish("first", error=refused())
        assert isinstance(requests.tasks["second"].exception(), AccessRefused)
        await requests.start("third")
        assert requests.tasks["third"].done()


@pytest.mark.parametrize(
    "errors",
    [(refused(), refused()), (refused(), refused(403), refused()), (refused(), None, refused(), refused())],
    ids=["two", "different", "an answer between"],
)
async def test_single_refusals_do_not_stop_a_model(errors: tuple[CallFailed | None, ...]) -> None:
    async with open_limiter(concurrency=8) as requests:
        for number, error in enumerate(errors):
            await requests.start(f"r{number}")
            await requests.finish(f"r{number}", error=error)
        await requests.start("next")
        assert "next" in requests.in_flight


async def test_waiting_for_the_window_is_not_an_outage() -> None:
    async with open_limiter(concurrency=1, wait_seconds=10.0) as requests:
        await requests.start("r0", "r1")
        await requests.clock.advance(HOUR)
        assert not requests.tasks["r1"].done()
        await requests.finish("r0")
        assert list(requests.in_flight) == ["r1"]


async def test_what_requests_wait_for_is_reported_per_model() -> None:
    async with open_limiter(concurrency=8, wait_seconds=HOUR) as requests:
        await requests.start("down:r1", "limited:r1", "refused:r1", "well:r1")
        assert requests.limiter.outages() == []
        await requests.finish("down:r1", error=ProviderUnavailable("503 no healthy upstream"))
        await requests.finish("limited:r1", error=RateLimited("429", retry_after_seconds=90.0))
        await requests.finish("well:r1")
        reported = {outage.model: outage for outage in requests.limiter.outages()}
        assert list(reported) == ["openai/down", "openai/limited"]
        assert reported["openai/down"].reason == "openai/down is unavailable: 503 no healthy upstream"
        assert reported["openai/down"].until is None
        assert reported["openai/limited"].reason == "openai/limited is rate limited (429)"
        until = reported["openai/limited"].until
        assert until is not None and 85 < (until - datetime.now(UTC)).total_seconds() <= 90
        await requests.clock.advance(91.0)
        await requests.start("down:r2", "limited:r2")
        (tested,) = requests.limiter.outages()
        assert tested.model == "openai/limited", "the other outage is too long ago"
        await requests.finish("down:r2", "limited:r2")
        assert requests.limiter.outages() == []


async def test_a_model_that_refuses_requests_makes_none_wait() -> None:
    async with open_limiter(concurrency=8, wait_seconds=HOUR) as requests:
        for name in names(3):
            await requests.start(name)
            await requests.finish(name, error=AccessRefused("401 bad key", status=401))
        assert requests.limiter.outages() == []
        await requests.clock.advance(31.0)
        await requests.start("r3")
        await requests.finish("r3", error=ProviderUnavailable("503"))
        (outage,) = requests.limiter.outages()
        assert outage.reason == "openai/m is unavailable: 503", "an outage after the refusals makes requests wait"
