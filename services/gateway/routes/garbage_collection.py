"""What is kept: collecting what nobody refers to any more."""

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
    """``older_than_days`` None: as the gateway is set (`ASSAY_RETENTION_DAYS`), which may be for ever."""

    older_than_days: Annotated[float, Meta(ge=0, le=36_500)] | None = None
    dry_run: bool = False


@post(
    "/gc",
    summary="Delete what nobody refers to",
    operation_id="collect_garbage",
    status_code=200,
    dto=Body[CollectGarbage],
    return_dto=None,
)
async def collect_garbage(data: JSONBody[CollectGarbage], ports: PortsDependency) -> Collected:
    """Gives up what attempts left whose run ended more than `older_than_days` ago, then deletes content of every area
    that no run refers to and that is past its grace period. Rows, verdicts, costs and digests stay; what was given up
    is answered with 410. Answered when it is done, which takes a while for a large store."""
    return await ports.garbage_collector.collect(data.older_than_days, dry_run=data.dry_run)


router = Router("/artifacts", route_handlers=[collect_garbage], tags=["artifacts"])
