"""``AssayClient``: one method per request of ``/api/v1``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import date
from types import TracebackType
from typing import Any
from urllib.parse import quote

from assay.client.errors import Unreachable
from assay.client.live import follow
from assay.client.transport import API, PROBLEM, Transport
from assay.contracts.attempts import AttemptDetail, State
from assay.contracts.facts import Event
from assay.contracts.ids import new_id
from assay.contracts.live import ServerFrame
from assay.contracts.models import ModelView
from assay.contracts.rpc import (
    AttemptPage,
    Collected,
    CostBy,
    ModelProbe,
    Money,
    Quote,
    RunPage,
    RunPreview,
    ServiceHealth,
)
from assay.contracts.runs import Board, RunRequest, RunStatus, RunView
from assay.contracts.spending import Costs, ModelPrice
from assay.contracts.tasks import SuiteView, TaskView
from assay.contracts.verdicts import Outcome

_SUBMIT_TRIES = 3
_PAUSE_SECONDS = 0.5


class AssayClient:
    """Use as ``async with AssayClient(url) as assay``. Methods raise ProblemError for what the gateway refuses,
    Unreachable when nobody answers, NotAssay when somebody else does."""

    def __init__(self, base_url: str = "http://127.0.0.1:8000", token: str = "", timeout_seconds: float = 60.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._token = token
        self._transport = Transport(base_url, token, timeout_seconds)

    async def __aenter__(self) -> AssayClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._transport.close()

    # --- runs

    async def runs(
        self,
        *,
        status: RunStatus | None = None,
        suite: str = "",
        model: str = "",
        search: str = "",
        cursor: str = "",
        limit: int = 50,
    ) -> RunPage:
        """Newest first; ``next_cursor`` of the answer fetches the following page."""
        return await self._transport.get(
            RunPage, "/runs", status=status, suite=suite, model=model, search=search, cursor=cursor, limit=limit
        )

    async def submit(self, request: RunRequest, idempotency_key: str = "") -> RunView:
        """Stored when this returns. A broken line is tried again under the same key, which makes no second run."""
        return await self._once("/runs", request, idempotency_key)

    async def quote(self, request: RunRequest) -> Quote:
        """What the run would cost, and whether it fits the limits; nothing is stored."""
        return await self._transport.post(Quote, "/runs/quote", request)

    async def preview(self, request: RunRequest) -> RunPreview:
        """The quote, and the first messages of each attempt; no model is asked and nothing is stored."""
        return await self._transport.post(RunPreview, "/runs/preview", request)

    async def run(self, run_id: str) -> RunView:
        return await self._transport.get(RunView, f"/runs/{_part(run_id)}")

    async def pause(self, run_id: str) -> RunView:
        """Begins nothing new; what is under way goes on."""
        return await self._transport.post(RunView, f"/runs/{_part(run_id)}/pause")

    async def resume(self, run_id: str) -> RunView:
        return await self._transport.post(RunView, f"/runs/{_part(run_id)}/resume")

    async def cancel(self, run_id: str, grace_seconds: float | None = None) -> RunView:
        """Attempts under way may take ``grace_seconds`` (default: the gateway's ten) to end by themselves."""
        return await self._transport.post(RunView, f"/runs/{_part(run_id)}/cancel", grace_seconds=grace_seconds)

    async def change(
        self, run_id: str, *, limits: Mapping[str, Any] | None = None, priority: int | None = None
    ) -> RunView:
        """``limits`` by the names of RunLimits; what is left out stays as it is."""
        body = {"limits": limits, "priority": priority}
        return await self._transport.order("PATCH", RunView, f"/runs/{_part(run_id)}", body)

    async def restart(
        self,
        run_id: str,
        *,
        fresh: bool = False,
        limits: Mapping[str, Any] | None = None,
        idempotency_key: str = "",
    ) -> RunView:
        """A new run of the same plan, which takes over what is done already unless ``fresh``; ``limits`` as in
        ``change``."""
        body = {"fresh": fresh, "limits": limits}
        return await self._once(f"/runs/{_part(run_id)}/restart", body, idempotency_key)

    async def facts(self, run_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """The run's facts above a sequence, in order."""
        return await self._transport.get(list[Event], f"/runs/{_part(run_id)}/facts", after=after, limit=limit)

    # --- attempts

    async def attempts(
        self,
        run_id: str,
        *,
        state: State | None = None,
        outcome: Outcome | None = None,
        model: str = "",
        task_id: str = "",
        cursor: str = "",
        limit: int = 500,
    ) -> AttemptPage:
        return await self._transport.get(
            AttemptPage,
            f"/runs/{_part(run_id)}/attempts",
            state=state,
            outcome=outcome,
            model=model,
            task_id=task_id,
            cursor=cursor,
            limit=limit,
        )

    async def attempt(self, attempt_id: str) -> AttemptDetail:
        return await self._transport.get(AttemptDetail, f"/attempts/{_part(attempt_id)}")

    async def artifact(self, attempt_id: str, name: str) -> bytes:
        """The bytes of one of the detail's ``artifacts``."""
        path = f"{API}/attempts/{_part(attempt_id)}/artifacts/{quote(name)}"
        return (await self._transport.send("GET", path)).content

    async def collect_garbage(self, older_than_days: float | None = None, *, dry_run: bool = False) -> Collected:
        """Gives up what attempts left whose run ended so long ago (None: as the gateway is set), and deletes what no
        run refers to. Takes as long as it takes: give the client a long ``timeout_seconds``."""
        body = {"older_than_days": older_than_days, "dry_run": dry_run}
        return await self._transport.post(Collected, "/artifacts/gc", body)

    # --- results and the catalogue

    async def leaderboard(self, suite: str = "", category: str = "") -> Board:
        return await self._transport.get(Board, "/leaderboard", suite=suite, category=category)

    async def money(self) -> Money:
        """What was spent, is held, and may be spent."""
        return await self._transport.get(Money, "/money")

    async def set_money_limits(self, *, day_usd: str | None, project_usd: str | None, time_zone: str) -> Money:
        """None takes a limit away; days begin at midnight in the IANA time zone."""
        body = {"day_usd": day_usd, "project_usd": project_usd, "time_zone": time_zone}
        return await self._transport.order("PUT", Money, "/money/limits", body)

    async def costs(
        self,
        by: CostBy = CostBy.MODEL,
        *,
        run_id: str = "",
        since: date | None = None,
        until: date | None = None,
        as_of_prices: str = "",
        cursor: str = "",
        limit: int = 500,
    ) -> Costs:
        """``as_of_prices``, a day or a version of prices, adds what the same tokens would cost then."""
        return await self._transport.get(
            Costs,
            "/costs",
            by=by,
            run_id=run_id,
            since=since,
            until=until,
            as_of_prices=as_of_prices,
            cursor=cursor,
            limit=limit,
        )

    async def prices(self, model: str = "", day: date | None = None) -> list[ModelPrice]:
        """What models cost on a day (default: today), or why that is not known."""
        return await self._transport.get(list[ModelPrice], "/prices", model=model, day=day)

    async def tasks(self, *, category: str = "", search: str = "") -> list[TaskView]:
        return await self._transport.get(list[TaskView], "/tasks", category=category, search=search)

    async def task(self, task_id: str) -> TaskView:
        return await self._transport.get(TaskView, f"/tasks/{_part(task_id)}")

    async def suites(self) -> list[SuiteView]:
        return await self._transport.get(list[SuiteView], "/suites")

    async def suite(self, suite_id: str) -> SuiteView:
        return await self._transport.get(SuiteView, f"/suites/{_part(suite_id)}")

    async def models(self) -> list[ModelView]:
        return await self._transport.get(list[ModelView], "/models")

    async def test_model(self, model: str) -> ModelProbe:
        """A runner asks the model for one word."""
        return await self._transport.post(ModelProbe, "/models/test", {"model": model})

    # --- the gateway itself

    async def health(self) -> ServiceHealth:
        """Whether runs can be submitted and read now; ``ready`` is False, with the reason, while they cannot."""
        response = await self._transport.answer("GET", "/readyz")
        if response.headers.get("content-type", "").startswith(PROBLEM):
            raise self._transport.error_of(response)
        return self._transport.decoded(ServiceHealth, response)

    def follow(self, topic: str, cursor: int | None = None) -> AsyncGenerator[ServerFrame, None]:
        """A topic's frames for as long as they are iterated; see ``assay.client.live.follow``."""
        return follow(self.base_url, topic, cursor, token=self._token)

    async def _once(self, path: str, body: Any, idempotency_key: str) -> RunView:
        headers = {"idempotency-key": idempotency_key or new_id()}
        for left in reversed(range(_SUBMIT_TRIES)):
            try:
                return await self._transport.post(RunView, path, body, headers)
            except Unreachable:
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("the last try returns or raises")


def _part(text: str) -> str:
    """One segment of a path, whatever is in it."""
    return quote(text, safe="")
