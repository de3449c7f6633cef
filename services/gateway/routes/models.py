"""The models that runs can use, and a test request to one."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.params import JSONBody

from assay.contracts.codec import Data
from assay.contracts.models import ModelName, ModelView, Parameters
from assay.contracts.rpc import ModelProbe, PullProgress
from services.gateway.http.request_body import Body
from services.gateway.ports import PortsDependency

PROBE_TIMEOUT_SECONDS = 60.0


class ModelTest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model to test. ``parameters`` override its defaults."""

    model: ModelName
    parameters: Parameters = Parameters()


class ModelPull(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model to download. ``restart`` starts anew if the last download has ended."""

    model: ModelName
    restart: bool = False


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


@post(
    "/pull",
    summary="Download a model",
    operation_id="pull_model",
    status_code=200,
    dto=Body[ModelPull],
    return_dto=None,
)
async def pull_model(data: JSONBody[ModelPull], ports: PortsDependency) -> PullProgress:
    """The model's provider downloads it, which takes minutes; the response has the current progress. Repeat the
    request, without `restart`, until `done`. A download that failed has an `error`."""
    request = await ports.catalog.model_pull(data.model, restart=data.restart)
    return await ports.bus.rpc.request(request)


router = Router("/models", route_handlers=[list_models, test_model, pull_model], tags=["catalogue"])
