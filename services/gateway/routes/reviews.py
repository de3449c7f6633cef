"""Reviews by people, and grading stored outputs again."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import JSONBody
from msgspec import Meta

from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.codec import Data
from assay.contracts.ids import new_id
from assay.contracts.rpc import (
    Changes,
    CheckReview,
    GetChanges,
    GetRun,
    ListReviews,
    RegradeRun,
    ReviewAttempt,
    ReviewPage,
)
from assay.contracts.runs import RunView
from assay.contracts.tasks import TaskPin
from services.gateway.http.parameters import AttemptId, Cursor, IdempotencyKey, Limit, RunId, Text
from services.gateway.http.request_body import Body
from services.gateway.ports import PortsDependency
from services.gateway.routes.control import CONTROL_TIMEOUT_SECONDS
from services.gateway.submission import current_tasks


class AttemptReview(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's decisions about checks of an attempt."""

    reviewer: Annotated[str, Meta(min_length=1, max_length=200)]
    reviews: Annotated[tuple[CheckReview, ...], Meta(min_length=1, max_length=50)]


class RegradeRequest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``checks``: only checks of these names. ``current``: by the tasks as they are in the catalogue now, instead of
    those that the run pinned."""

    checks: Annotated[tuple[str, ...], Meta(max_length=50)] = ()
    current: bool = False


@get("/reviews", summary="List attempts that wait for a reviewer", operation_id="list_reviews")
async def list_reviews(ports: PortsDependency, run_id: Text = "", cursor: Cursor = "", limit: Limit = 50) -> ReviewPage:
    """The oldest first, of one run or of all. Each item has the checks that a person must decide, with their
    criteria."""
    return await ports.bus.rpc.request(ListReviews(run_id=run_id, cursor=cursor, limit=limit))


@post(
    "/attempts/{attempt_id:str}/review",
    summary="Review an attempt",
    operation_id="review_attempt",
    status_code=200,
    dto=Body[AttemptReview],
    return_dto=None,
)
async def review_attempt(attempt_id: AttemptId, data: JSONBody[AttemptReview], ports: PortsDependency) -> AttemptDetail:
    """Decides checks by points for each criterion, or by a score for a check without criteria. The attempt's verdict,
    its run and the leaderboard change with it; the earlier verdict is kept in `revisions`."""
    command = ReviewAttempt(attempt_id=attempt_id, reviewer=data.reviewer, reviews=data.reviews)
    return await ports.bus.rpc.request(command, CONTROL_TIMEOUT_SECONDS)


@post(
    "/runs/{run_id:str}/regrade",
    summary="Grade a run again",
    operation_id="regrade_run",
    dto=Body[RegradeRequest],
    return_dto=None,
)
async def regrade_run(
    run_id: RunId,
    ports: PortsDependency,
    data: JSONBody[RegradeRequest] = RegradeRequest(),  # noqa: B008  (frozen)
    idempotency_key: IdempotencyKey = "",
) -> Response[RunView]:
    """Starts a run that grades the stored outputs of this one again, without asking any model. Where a verdict changes,
    that of this run's attempt is revised. What people have decided is kept. `GET /runs/{run_id}/changes` of the new run
    says what changed."""
    tasks: tuple[TaskPin, ...] = ()
    if data.current:
        run = await ports.bus.rpc.request(GetRun(run_id=run_id))
        tasks = await current_tasks(run.task_ids, ports.catalog, ports.stores)
    command = RegradeRun(run_id=run_id, checks=data.checks, tasks=tasks, idempotency_key=idempotency_key or new_id())
    regrade = await ports.bus.rpc.request(command, CONTROL_TIMEOUT_SECONDS)
    return Response(regrade, headers={"location": f"/api/v1/runs/{regrade.run_id}"})


@get("/runs/{run_id:str}/changes", summary="Get what a regrade changed", operation_id="get_changes")
async def get_changes(run_id: RunId, ports: PortsDependency) -> Changes:
    """Of a run that grades another one again: the attempts whose verdict is different now, and how many are not."""
    return await ports.bus.rpc.request(GetChanges(run_id=run_id))


router = Router("/", route_handlers=[list_reviews, review_attempt, regrade_run, get_changes], tags=["reviews"])
