"""The models that runs can use, and a test request to one."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.params import JSONBody

from assay.contracts.codec import Data
from assay.contracts.models import ModelName, ModelView, Parameters
from assay.contracts.rpc import ModelProbe
from services.gateway.http.request_body import Body
from services.gateway.ports import PortsDependency

PROBE_TIMEOUT_SECONDS = 60.0


class ModelTest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model to test. ``parameters`` override its defaults."""

    model: ModelName
    parameters: Parameters = Parameters()


@get("/", summary="List models", operation_id="list_models")
async def list_models(ports: PortsDependency) -> list[ModelView]:
    return list(await ports.catalog.models())


@post(
    "/test",
    summary="Test a model",
    operation_id="test_model",
    status_code=200,
    dto=Body[ModelTest],
    return_dto=None,
)
async def test_model(data: JSONBody[ModelTest], ports: PortsDependency) -> ModelProbe:
    """A runner requests one word from the model, with its own keys and network. If the model does not answer, the
    response is 200 with `ok: false`."""
    request = await ports.catalog.model_test(data.model, data.parameters)
    return await ports.bus.rpc.request(request, PROBE_TIMEOUT_SECONDS)


router = Router("/models", route_handlers=[list_models, test_model], tags=["catalogue"])
