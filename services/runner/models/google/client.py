"""A provider with Google's Gemini API, at Google AI or at Vertex AI, and its models."""

from __future__ import annotations

import httpx2
from google import genai
from google.genai import errors, types

from assay.contracts.models import Parameters
from assay.contracts.providers import Cloud
from assay.contracts.rpc import OfferedModel
from services.runner.errors import CallFailed, ProviderError
from services.runner.models.google.credentials import ERRORS as CREDENTIAL_ERRORS
from services.runner.models.google.credentials import project, region
from services.runner.models.google.credentials import to_call_failed as to_login_failed
from services.runner.models.google.reply import ReplyBuilder
from services.runner.models.google.request import config, contents, parameter_mistakes
from services.runner.models.http.settings import http_settings
from services.runner.models.http.transport_errors import describe, from_transport, retry_after
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.protocol import Completion, Model, ModelRequest, OnText, ignore_text
from services.runner.models.provider_client import Connection
from services.runner.models.reported_errors import read_error, to_call_failed
from services.runner.models.sent_parameters import ParameterMistake

SDK_ERRORS = (errors.APIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError)
_ADDRESS = "generativelanguage.googleapis.com"
_PAGE = 1000
_VERTEX_ADDRESS = "aiplatform.googleapis.com"


class GoogleClient:
    def __init__(self, sdk: genai.Client, http: httpx2.AsyncClient, connection: Connection) -> None:
        self._sdk, self._http, self._connection = sdk, http, connection

    def model(self, name: str) -> Model:
        return GeminiModel(self._sdk, name, self._connection)

    def parameter_mistakes(self, model: str, parameters: Parameters) -> list[ParameterMistake]:
        return parameter_mistakes(parameters)

    async def offered(self) -> list[OfferedModel]:
        try:
            found = [model async for model in await self._sdk.aio.models.list(config={"page_size": _PAGE})]
        except SDK_ERRORS as error:
            address = self._connection.base_url or _ADDRESS
            raise KeyRedactor(self._connection.api_key).redact(_failure(error, address, answered=False)) from None
        return [
            OfferedModel(name=(model.name or "").removeprefix("models/"), detail=model.display_name or "")
            for model in found
            if model.supported_actions is None or "generateContent" in model.supported_actions
        ]

    async def close(self) -> None:
        await self._http.aclose()


class GeminiModel:
    """One model behind a client, which other models may share."""

    def __init__(self, sdk: genai.Client, model: str, connection: Connection) -> None:
        self._models, self._model = sdk.aio.models, model
        address = _VERTEX_ADDRESS if connection.options.cloud else _ADDRESS
        self._address = f"{model} at {connection.base_url or address}"
        self._redactor = KeyRedactor(connection.api_key)

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        reply = ReplyBuilder(self._address, on_text, on_reasoning)
        try:
            await self._send(request, reply)
            return reply.completion()
        except CallFailed as error:
            raise self._redactor.redact(error) from None
        except CREDENTIAL_ERRORS as error:
            raise self._redactor.redact(to_login_failed(error, self._address)) from None
        except SDK_ERRORS as error:
            raise self._redactor.redact(_failure(error, self._address, answered=reply.has_output)) from None

    async def _send(self, request: ModelRequest, reply: ReplyBuilder) -> None:
        prompt, settings = contents(request.messages), config(self._model, request)
        if not request.parameters.stream:
            reply.add(await self._models.generate_content(model=self._model, contents=prompt, config=settings))
            return
        stream = await self._models.generate_content_stream(model=self._model, contents=prompt, config=settings)
        async for response in stream:
            reply.add(response)
            if reply.full:
                break


def _failure(error: Exception, address: str, *, answered: bool) -> CallFailed:
    """``answered``: a part of the answer arrived before the error, so it may be billed."""
    if isinstance(error, errors.APIError):
        reported = read_error(error.details or error.message)
        headers = error.response.headers if isinstance(error.response, httpx2.Response) else {}
        return to_call_failed(
            reported,
            f"{address} answered {error.code}: {reported.message}",
            status=error.code if error.code and error.code >= 400 else None,
            retry_after_seconds=retry_after(headers),
            may_be_billed=answered,
        )
    if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL):
        return from_transport(error, address)
    return ProviderError(f"the reply of {address} is not an answer: {describe(error)}", may_be_billed=True)


def open_client(connection: Connection) -> GoogleClient:
    """The SDK's own retries are off. Raises CallMisconfigured if Vertex AI has no project."""
    settings = http_settings(connection)

    async def set_timeout(request: httpx2.Request) -> None:
        """The SDK sends each request with a timeout of its own: none, or one number for all phases."""
        request.extensions["timeout"] = settings["timeout"].as_dict()

    settings["event_hooks"] |= {"request": [set_timeout]}
    http = httpx2.AsyncClient(**settings)
    options = types.HttpOptions(base_url=connection.base_url, httpx_async_client=http)
    if connection.options.cloud is Cloud.VERTEX:
        place = connection.options
        sdk = genai.Client(vertexai=True, project=project(place), location=region(place), http_options=options)
    else:
        sdk = genai.Client(api_key=connection.api_key, vertexai=False, http_options=options)
    return GoogleClient(sdk, http, connection)
