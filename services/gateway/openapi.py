"""The OpenAPI document: routes from Litestar, schemas (including live frames) from msgspec."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Reference, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from assay.contracts import (
    attempt_detail,
    attempts,
    catalog,
    causes,
    facts,
    imported_runs,
    leaderboard,
    live,
    models,
    providers,
    rpc,
    run_metrics,
    runs,
    spending,
    tasks,
)
from services.gateway.http.problems import MEDIA_TYPE, ProblemBody
from services.gateway.routes.control import Restart, RunChange
from services.gateway.routes.garbage_collection import CollectGarbage
from services.gateway.routes.models import ModelPull, ModelTest
from services.gateway.routes.money import MoneyLimits
from services.gateway.routes.provider_keys import ProviderKeyChange
from services.gateway.routes.providers import ProviderChange
from services.gateway.routes.reviews import AttemptReview, RegradeRequest
from services.gateway.routes.session import SignIn
from services.gateway.text_judging import TextToJudge

_REF = "#/components/schemas/{name}"
_REQUEST_TYPES = (
    *(
        runs.RunRequest,
        imported_runs.ImportedRun,
        runs.CancelGrading,
        RunChange,
        Restart,
        MoneyLimits,
        ModelTest,
        ModelPull,
        SignIn,
        CollectGarbage,
        ProviderChange,
        ProviderKeyChange,
        AttemptReview,
        RegradeRequest,
        TextToJudge,
    ),
    *(live.Subscribe, live.Unsubscribe, live.Ping),
)
_RESPONSE_TYPES = (
    *(rpc.RunPage, rpc.AttemptPage, rpc.ModelProbe, rpc.ServiceHealth, runs.RunView, leaderboard.Board, causes.Causes),
    *(rpc.RunPreview, rpc.Collected, rpc.Quote, rpc.Money, rpc.CostBy, spending.Costs, spending.ModelPrice),
    *(attempt_detail.AttemptDetail, tasks.TaskView, tasks.SuiteView, models.ModelView, facts.Event, ProblemBody),
    *(providers.ProviderView, providers.StoredKey, rpc.OfferedModels, rpc.PullProgress, rpc.TextJudgement),
    *(rpc.ReviewPage, rpc.Changes, run_metrics.RunMetrics),
    *(catalog.CatalogMistake, rpc.WantedSlots, attempts.Stage),
    *(live.Snapshot, live.FactFrame, live.TailFrame, live.ErrorFrame, live.Degraded, live.Pong),
    *(live.RunSnapshot, live.RunsSnapshot),
)
_PROBLEM = {
    "description": "What went wrong, where, and what to do next",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
}
_SNAPSHOT_STATES = (live.RunSnapshot, live.RunsSnapshot, attempt_detail.AttemptDetail, leaderboard.Board)


class ContractSchemaPlugin(OpenAPISchemaPlugin):
    """Makes every contract a reference to its component; ``build_document`` adds the components."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return isinstance(value, type) and issubclass(value, msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Any:
        """Litestar modifies the Schema it gets, so this is a wrapped reference; ``_unwrap_references`` unwraps it."""
        return Schema(all_of=[Reference(ref=_REF.format(name=field_definition.annotation.__name__))])


def openapi_config(version: str) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Assay",
        version=version,
        description="Runs, attempts, results and the catalogue. Every error response is a ProblemBody (RFC 9457).",
        use_handler_docstrings=True,
        path="/docs/schema",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    )


def component_schemas() -> dict[str, Any]:
    """The JSON Schema, by name, of every contract used over HTTP or the live socket."""
    _, inputs = msgspec.json.schema_components(_REQUEST_TYPES, ref_template=_REF)
    _, outputs = msgspec.json.schema_components(_RESPONSE_TYPES, ref_template=_REF)
    for name, schema in outputs.items():
        if "properties" in schema and name not in inputs:
            schema["required"] = list(schema["properties"])
    found = {**inputs, **outputs}
    found["Snapshot"]["properties"]["data"] = {"anyOf": [_reference(state) for state in _SNAPSHOT_STATES]}
    found["FactFrame"]["properties"]["event"] = _reference(facts.Event)
    found["ServerFrame"] = {"anyOf": [_reference(frame) for frame in live.ServerFrame.__args__]}
    found["ClientFrame"] = {"anyOf": [_reference(frame) for frame in live.ClientFrame.__args__]}
    return dict(sorted(found.items()))


def build_document(app: Litestar) -> dict[str, Any]:
    """Litestar's document, completed with the contracts' schemas as components."""
    document = _unwrap_references(app.openapi_schema.to_schema())
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"].pop("400", None)
            operation["responses"]["default"] = _PROBLEM
    return {**document, "components": {**(document.get("components") or {}), "schemas": component_schemas()}}


def _unwrap_references(node: Any) -> Any:
    """Replaces every ``allOf`` that contains a single reference by the reference."""
    if isinstance(node, list):
        return [_unwrap_references(item) for item in node]
    if not isinstance(node, dict):
        return node
    match node.get("allOf"):
        case [{"$ref": str() as reference}]:
            return {"$ref": reference}
        case _:
            return {key: _unwrap_references(value) for key, value in node.items()}


def _reference(kind: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}
