"""The client's methods for models and their providers."""

from __future__ import annotations

from collections.abc import Mapping

from assay.client.transport import API, Transport, segment
from assay.contracts.models import ModelView, Parameters
from assay.contracts.providers import Provider, ProviderView, StoredKey
from assay.contracts.rpc import ModelProbe, OfferedModels, PullProgress, TextJudgement


class ModelMethods:
    """A part of ``AssayClient``."""

    _transport: Transport

    async def models(self) -> list[ModelView]:
        return await self._transport.get(list[ModelView], "/models")

    async def test_model(self, model: str, parameters: Parameters | None = None) -> ModelProbe:
        """A runner sends the model a one-word request. ``parameters`` override the model's."""
        body = {"model": model, "parameters": parameters or Parameters()}
        return await self._transport.post(ModelProbe, "/models/test", body)

    async def pull_model(self, model: str, *, restart: bool = False) -> PullProgress:
        """The model's provider downloads it; returns the current progress at once. ``restart`` starts anew if the last
        download has ended."""
        return await self._transport.post(PullProgress, "/models/pull", {"model": model, "restart": restart})

    async def providers(self) -> list[ProviderView]:
        return await self._transport.get(list[ProviderView], "/providers")

    async def put_provider(self, provider_id: str, provider: Provider, revision: int = 0) -> ProviderView:
        """Adds a provider, or replaces its ``revision``. Refused with ``provider_changed`` if it has another one."""
        body = {"provider": provider, "revision": revision}
        return await self._transport.send_body("PUT", ProviderView, f"/providers/{segment(provider_id)}", body)

    async def remove_provider(self, provider_id: str) -> None:
        await self._transport.send("DELETE", f"{API}/providers/{segment(provider_id)}")

    async def put_provider_key(self, provider_id: str, key: str, revision: int = 0) -> StoredKey:
        """Stores the provider's key. ``revision`` is the provider's, 0 for one of the catalogue's file."""
        body = {"key": key, "revision": revision}
        return await self._transport.send_body("PUT", StoredKey, f"/providers/{segment(provider_id)}/key", body)

    async def remove_provider_key(self, provider_id: str) -> None:
        await self._transport.send("DELETE", f"{API}/providers/{segment(provider_id)}/key")

    async def offered_models(self, provider_id: str) -> OfferedModels:
        """The models that the provider itself lists, asked by a runner."""
        return await self._transport.get(OfferedModels, f"/providers/{segment(provider_id)}/models")

    async def judge_text(
        self,
        judge: str,
        task: str,
        *,
        sample: str = "",
        check: str = "",
        text: str = "",
        files: Mapping[str, str] | None = None,
    ) -> TextJudgement:
        """Lets a model judge an output by the task's rubric, outside of any run. It can take minutes."""
        body = {"judge": judge, "task": task, "sample": sample, "check": check, "text": text, "files": files or {}}
        return await self._transport.post(TextJudgement, "/judges/judge", body)
