"""``AssayClient``: one method per endpoint of ``/api/v1``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import date
from types import TracebackType
from typing import Any
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from assay.client.live import follow
from assay.client.model_methods import ModelMethods
from assay.client.run_methods import RunMethods
from assay.client.transport import API, PROBLEM, Transport, segment
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import State
from assay.contracts.catalog import CatalogMistake
from assay.contracts.leaderboard import Board
from assay.contracts.live import ServerFrame
from assay.contracts.rpc import (
    AttemptPage,
    CheckReview,
    Collected,
    CostBy,
    Money,
    ReviewPage,
    ServiceHealth,
)
from assay.contracts.spending import Costs, ModelPrice
from assay.contracts.tasks import SuiteView, TaskView
from assay.contracts.verdicts import Outcome


class AssayClient(RunMethods, ModelMethods):
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
