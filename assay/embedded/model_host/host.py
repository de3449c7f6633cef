"""Answers requests for models: each kind of provider has its own server."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.contracts.providers import ProviderKind
from assay.contracts.rpc import ModelEndpoint, ServeModel
from assay.embedded.model_host.embedded_model import EmbeddedModel
from assay.embedded.model_host.transformers_host import TransformersHost


@dataclass(kw_only=True)
class ModelHost:
    embedded: EmbeddedModel = field(default_factory=EmbeddedModel)
    transformers: TransformersHost = field(default_factory=TransformersHost)

    async def on_models_serve(self, request: ServeModel) -> ModelEndpoint:
        """Raises ProblemError for an unknown model, and while or if a model cannot be used."""
        if request.kind is ProviderKind.TRANSFORMERS:
            return await self.transformers.serve(request.model)
        return await self.embedded.serve(request.model)

    async def close(self) -> None:
        self.embedded.close()
        await self.transformers.close()
