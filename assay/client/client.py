"""``AssayClient``: one method per endpoint of ``/api/v1``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Any
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from assay.client.errors import Unreachable
from assay.client.live import follow
from assay.client.model_methods import ModelMethods
from assay.client.transport import API, PROBLEM, Transport, segment
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import State
from assay.contracts.catalog import CatalogMistake
from assay.contracts.causes import Causes
from assay.contracts.facts import Event
from assay.contracts.ids import new_id
from assay.contracts.leaderboard import Board
from assay.contracts.live import ServerFrame
from assay.contracts.rpc import (
    AttemptPage,
    Changes,
    CheckReview,
    Collected,
    CostBy,
    Money,
    Quote,
    ReviewPage,
    RunPage,
    RunPreview,
    ServiceHealth,
)
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import CancelGrading, RunRequest, RunStatus, RunView
from assay.contracts.spending import Costs, ModelPrice
from assay.contracts.tasks import SuiteView, TaskView
from assay.contracts.verdicts import Outcome

_SUBMIT_TRIES = 3
_PAUSE_SECONDS = 0.5


class AssayClient(ModelMethods):
    """Use as ``async with AssayClient(url) as assay``. Methods raise ProblemError when the gateway refuses a request,
    Unreachable when there is no answer, and NotAssay when the answer does not follow this API."""

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
        """Newest first; pass the page's ``next_cursor`` to get the next one."""
        return await self._transport.get(
            RunPage, "/runs", status=status, suite=suite, model=model, search=search, cursor=cursor, limit=limit
        )

    async def submit(self, request: RunRequest, idempotency_key: str = "") -> RunView:
        """Returns once the run is stored. A lost connection is retried with the same key, so there is one run."""
        return await self._post_idempotent("/runs", request, idempotency_key)

    async def quote(self, request: RunRequest) -> Quote:
        """What the run would cost, and whether it fits the limits; nothing is stored."""
        return await self._transport.post(Quote, "/runs/quote", request)

    async def preview(self, request: RunRequest) -> RunPreview:
        """The quote, and the first messages of each attempt; no model is called and nothing is stored."""
        return await self._transport.post(RunPreview, "/runs/preview", request)

    async def run(self, run_id: str) -> RunView:
        return await self._transport.get(RunView, f"/runs/{segment(run_id)}")

    async def causes(self, run_id: str) -> Causes:
        """Why attempts of the run ended ungraded."""
        return await self._transport.get(Causes, f"/runs/{segment(run_id)}/causes")

    async def metrics(self, run_id: str) -> RunMetrics:
        """Over all samples, by task and model."""
        return await self._transport.get(RunMetrics, f"/runs/{segment(run_id)}/metrics")

    async def pause(self, run_id: str) -> RunView:
        """No new attempts start; running ones continue."""
        return await self._transport.post(RunView, f"/runs/{segment(run_id)}/pause")

    async def resume(self, run_id: str) -> RunView:
        return await self._transport.post(RunView, f"/runs/{segment(run_id)}/resume")

    async def cancel(
        self, run_id: str, grace_seconds: float | None = None, grading: CancelGrading = CancelGrading.FREE
    ) -> RunView:
        """Running attempts get ``grace_seconds`` (default: 10, set by the gateway) to end by themselves; executed ones
        are graded as ``grading`` says."""
        path = f"/runs/{segment(run_id)}/cancel"
        return await self._transport.post(RunView, path, grace_seconds=grace_seconds, grading=grading)

    async def change(
        self, run_id: str, *, limits: Mapping[str, Any] | None = None, priority: int | None = None
    ) -> RunView:
        """``limits`` keyed by field of RunLimits; omitted ones keep their value."""
        body = {"limits": limits, "priority": priority}
        return await self._transport.send_body("PATCH", RunView, f"/runs/{segment(run_id)}", body)

    async def restart(
        self,
        run_id: str,
        *,
        fresh: bool = False,
        reuse: bool = False,
        limits: Mapping[str, Any] | None = None,
        idempotency_key: str = "",
    ) -> RunView:
        """A new run of the same plan, which reuses the run's results unless ``fresh``, and with ``reuse`` results of
        other runs too; ``limits`` as in ``change``. Refused with ``nothing_to_retry`` if every attempt has a result."""
        body = {"fresh": fresh, "reuse": reuse, "limits": limits}
        return await self._post_idempotent(f"/runs/{segment(run_id)}/restart", body, idempotency_key)

    async def regrade(
        self, run_id: str, *, checks: Sequence[str] = (), current: bool = False, idempotency_key: str = ""
    ) -> RunView:
        """A new run that grades the stored outputs of this one again; ``checks`` names those to run, ``current`` uses
        the tasks as they are in the catalogue now."""
        body = {"checks": list(checks), "current": current}
        return await self._post_idempotent(f"/runs/{segment(run_id)}/regrade", body, idempotency_key)

    async def changes(self, run_id: str) -> Changes:
        """What a run that grades another one again has changed."""
        return await self._transport.get(Changes, f"/runs/{segment(run_id)}/changes")

    async def facts(self, run_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """The run's facts after a sequence number, in order."""
        return await self._transport.get(list[Event], f"/runs/{segment(run_id)}/facts", after=after, limit=limit)

    # --- attempts

    async def attempts(
        self,
        run_id: str,
        *,
        state: State | None = None,
        outcome: Outcome | None = None,
        model: str = "",
        task_id: str = "",
        flagged: bool = False,
        cursor: str = "",
        limit: int = 500,
    ) -> AttemptPage:
        return await self._transport.get(
            AttemptPage,
            f"/runs/{segment(run_id)}/attempts",
            state=state,
            outcome=outcome,
            model=model,
            task_id=task_id,
            flagged="true" if flagged else "",
            cursor=cursor,
            limit=limit,
        )

    async def attempt(self, attempt_id: str) -> AttemptDetail:
        return await self._transport.get(AttemptDetail, f"/attempts/{segment(attempt_id)}")

    async def reviews(self, *, run_id: str = "", cursor: str = "", limit: int = 100) -> ReviewPage:
        """The attempts that wait for a reviewer, the oldest first."""
        return await self._transport.get(ReviewPage, "/reviews", run_id=run_id, cursor=cursor, limit=limit)

    async def review(self, attempt_id: str, reviewer: str, reviews: Sequence[CheckReview]) -> AttemptDetail:
        """Decides checks of an attempt; its verdict is revised."""
        body = {"reviewer": reviewer, "reviews": list(reviews)}
        return await self._transport.post(AttemptDetail, f"/attempts/{segment(attempt_id)}/review", body)

    async def artifact(self, attempt_id: str, name: str) -> bytes:
        """The content of an artifact listed in AttemptDetail.artifacts."""
        path = f"{API}/attempts/{segment(attempt_id)}/artifacts/{quote(name)}"
        return (await self._transport.send("GET", path)).content

    async def collect_garbage(self, older_than_days: float | None = None, *, dry_run: bool = False) -> Collected:
        """Deletes artifacts of runs that ended more than ``older_than_days`` ago (None: the gateway's setting), and
        content that no run refers to. May take long: use a client with a long ``timeout_seconds``."""
        body = {"older_than_days": older_than_days, "dry_run": dry_run}
        return await self._transport.post(Collected, "/artifacts/gc", body)

    # --- results and the catalogue

    async def leaderboard(self, **labels: str) -> Board:
        """``labels``, also of ``tasks``: ``suite``, ``category``, ``difficulty``, ``language``."""
        return await self._transport.get(Board, "/leaderboard", **labels)

    async def money(self) -> Money:
        """Spent and held money, and the limits."""
        return await self._transport.get(Money, "/money")

    async def set_money_limits(
        self,
        *,
        day_usd: str | None,
        project_usd: str | None,
        time_zone: str,
        judge_usd: str | UnsetType | None = UNSET,
    ) -> Money:
        """None removes a limit; days begin at midnight in the IANA time zone."""
        body: dict[str, Any] = {"day_usd": day_usd, "project_usd": project_usd, "time_zone": time_zone}
        if judge_usd is not UNSET:
            body["judge_usd"] = judge_usd
        return await self._transport.send_body("PUT", Money, "/money/limits", body)

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
        """``as_of_prices``, a day or a price version, adds the cost of the same tokens at those prices."""
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
        """Prices of models on a day (default: today), or the reason why one is unknown."""
        return await self._transport.get(list[ModelPrice], "/prices", model=model, day=day)

    async def tasks(self, *, search: str = "", **labels: str) -> list[TaskView]:
        return await self._transport.get(list[TaskView], "/tasks", **labels, search=search)

    async def task(self, task_id: str) -> TaskView:
        return await self._transport.get(TaskView, f"/tasks/{segment(task_id)}")

    async def suites(self) -> list[SuiteView]:
        return await self._transport.get(list[SuiteView], "/suites")

    async def suite(self, suite_id: str) -> SuiteView:
        return await self._transport.get(SuiteView, f"/suites/{segment(suite_id)}")

    async def catalog_mistakes(self) -> list[CatalogMistake]:
        """What is wrong with tasks, suites and other files, which are left out of the lists."""
        return await self._transport.get(list[CatalogMistake], "/catalog/mistakes")

    # --- the gateway itself

    async def health(self) -> ServiceHealth:
        """Whether runs can be submitted and read; while ``ready`` is False, ``detail`` is the reason."""
        response = await self._transport.request("GET", "/readyz")
        if response.headers.get("content-type", "").startswith(PROBLEM):
            raise self._transport.error_of(response)
        return self._transport.decode(ServiceHealth, response)

    def follow(self, topic: str, cursor: int | None = None) -> AsyncGenerator[ServerFrame, None]:
        """A topic's frames; see ``assay.client.live.follow``."""
        return follow(self.base_url, topic, cursor, token=self._token)

    async def _post_idempotent(self, path: str, body: Any, idempotency_key: str) -> RunView:
        headers = {"idempotency-key": idempotency_key or new_id()}
        for left in reversed(range(_SUBMIT_TRIES)):
            try:
                return await self._transport.post(RunView, path, body, headers)
            except Unreachable:
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable: the last try returns or raises")
