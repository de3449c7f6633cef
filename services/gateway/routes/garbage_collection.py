"""Garbage collection of artifacts."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, post
from litestar.params import JSONBody
from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.rpc import Collected
from services.gateway.http.request_body import Body
from services.gateway.ports import PortsDependency


class CollectGarbage(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``older_than_days`` null: the gateway's `ASSAY_RETENTION_DAYS`; if that is not set, no artifacts expire."""

    older_than_days: Annotated[float, Meta(ge=0, le=36_500)] | None = None
    dry_run: bool = False


@post(
    "/gc",
    summary="Delete expired and unreferenced artifacts",
    operation_id="collect_garbage",
    status_code=200,
    dto=Body[CollectGarbage],
    return_dto=None,
)
async def collect_garbage(data: JSONBody[CollectGarbage], ports: PortsDependency) -> Collected:
    """Expires the artifacts of runs that ended more than `older_than_days` ago, then deletes content that no run refers
    to and whose grace period is over. Rows, verdicts, costs and digests are kept; requests for an expired artifact get
    410. Answers when the collection is complete, which takes a while for a large store."""
    return await ports.garbage_collector.collect(data.older_than_days, dry_run=data.dry_run)


router = Router("/artifacts", route_handlers=[collect_garbage], tags=["artifacts"])
