"""The models that an OpenAI-compatible server lists."""

from __future__ import annotations

import httpx2
import openai

from assay.contracts.rpc import OfferedModel
from services.runner.models.http.settings import public_address
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.openai.sdk_errors import from_sdk


async def offered_models(sdk: openai.AsyncOpenAI) -> list[OfferedModel]:
    """Raises CallFailed."""
    try:
        found = [model async for model in await sdk.models.list()]
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise KeyRedactor(sdk.api_key).redact(from_sdk(error, public_address(sdk.base_url))) from None
    return [OfferedModel(name=model.id) for model in found]
