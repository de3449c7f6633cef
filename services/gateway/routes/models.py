"""Models a run can name, and asking one whether it answers."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.params import JSONBody

from assay.contracts.codec import Data
from assay.contracts.models import ModelName, ModelView
from assay.contracts.rpc import ModelProbe, TestModel
from services.gateway.http.request_body import Body
from services.gateway.ports import PortsDependency

PROBE_SECONDS = 60.0


class ModelTest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model to ask for one word."""

    model: ModelName


@get("/", summary="Known models", operation_id="list_models")
async def list_models(ports: PortsDependency) -> list[ModelView]:
    return list(await ports.catalog.models())


@post(
    "/test",
    summary="Ask a model for one word",
    operation_id="test_model",
    status_code=200,
    dto=Body[ModelTest],
    return_dto=None,
)
async def test_model(data: JSONBody[ModelTest], ports: PortsDependency) -> ModelProbe:
    """A runner asks, with its own keys and network. A model that does not answer is `ok: false`, not an error."""
    return await ports.bus.rpc.request(TestModel(model=data.model), PROBE_SECONDS)


router = Router("/models", route_handlers=[list_models, test_model], tags=["catalogue"])
