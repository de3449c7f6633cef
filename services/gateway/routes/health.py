"""Liveness and readiness."""

from __future__ import annotations

from litestar import Response, Router, get

from assay.bus.errors import BusUnavailable
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import GetHealth, ServiceHealth
from services.gateway.ports import Ports, PortsDependency

READY_TIMEOUT_SECONDS = 2.0


@get("/healthz", summary="The process is alive", operation_id="healthz")
async def healthz() -> ServiceHealth:
    return ServiceHealth(service="gateway", ready=True)


@get("/readyz", summary="The bus and the ledger answer", operation_id="readyz")
async def readyz(ports: PortsDependency) -> Response[ServiceHealth]:
    """503 with the reason in `detail` while the bus or ledger does not answer; `workers` are live slots by stage."""
    health = await readiness(ports)
    return Response(health, status_code=200 if health.ready else 503, headers={"cache-control": "no-store"})


async def readiness(ports: Ports) -> ServiceHealth:
    if not ports.bus.connected:
        return ServiceHealth(service="gateway", ready=False, detail="not connected to the bus")
    try:
        ledger = await ports.bus.rpc.request(GetHealth(), READY_TIMEOUT_SECONDS)
    except (BusUnavailable, ProblemError) as error:
        return ServiceHealth(service="gateway", ready=False, detail=f"the ledger does not answer: {error}")
    detail = ledger.detail if ledger.ready else f"the ledger is not ready: {ledger.detail}"
    return ServiceHealth(
        service="gateway", ready=ledger.ready, detail=detail, trouble=ledger.trouble, workers=ledger.workers
    )


router = Router("/", route_handlers=[healthz, readyz], tags=["health"])
