"""The families of providers, and how each is reached."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic.types
import ollama
import openai.types.chat
import openai.types.responses
import pytest
from botocore.eventstream import EventStreamBuffer
from google.genai import types as google_types

from assay.contracts.providers import Api, Cloud, ProviderKind, ProviderOptions
from services.runner.models.provider_client import NO_KEY, NO_OPTIONS, Connection
from tests.fakes.providers import (
    anthropic_messages,
    bedrock,
    google_generate,
    google_token,
    ollama_chat,
    openai_chat,
    openai_responses,
)
from tests.fakes.providers.endpoint import FakeEndpoint, WireFormat
from tests.runner.models.families import sent_images
from tests.runner.models.families.sent_images import SentImage

KEY = "sk-secret-0123456789"
AWS_KEY_ID = "AKIDEXAMPLE"
TOKEN_PREFIX = "ya29."
"""Of Google's access tokens, which are recognized by it."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """``login_header`` is the header with the key or the cloud's login, as far as it is known. ``whole`` and ``event``
    are the SDK's types of a reply and of an event of a stream; ``decode`` finds the event's JSON, ``images`` the
    images of a request."""

    kind: ProviderKind
    model: str
    wire: WireFormat
    images: Callable[[dict[str, Any]], Iterator[SentImage]]
    login_header: tuple[str, str]
    whole: Any
    event: Any
    options: ProviderOptions = NO_OPTIONS
    path: str = ""
    cached: int = 8
    written: int = 12
    reasoning: int = 4
    refuses: bool = True
    retry_after: float | None = 3.0
    decode: Callable[[bytes], str] = lambda event: event.decode().rpartition("data: ")[2].strip()

    def connection(self, endpoint: FakeEndpoint) -> Connection:
        return Connection(
            base_url=endpoint.root + self.path,
            api_key=NO_KEY if self.options.cloud else KEY,
            read_timeout_seconds=2.0,
            options=self.options,
        )


def set_cloud_logins(environment: pytest.MonkeyPatch, folder: Path, root: str) -> None:
    """As an AWS user, and as a Google service account whose token endpoint is at ``root``."""
    environment.setenv("AWS_ACCESS_KEY_ID", AWS_KEY_ID)
    environment.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    environment.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    google_token.write_service_account(folder / "account.json", root)
    environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "account.json"))


def _chunk_text(event: bytes) -> str:
    frames = EventStreamBuffer()
    frames.add_data(event)
    return b64decode(json.loads(next(frames).payload)["bytes"]).decode()


BEARER = ("authorization", f"Bearer {KEY}")
GOOGLE_TOKEN = ("authorization", f"Bearer {google_token.TOKEN}")
FAMILIES = {
    "chat": Family(
        kind=ProviderKind.OPENAI,
        model="gpt-4.1",
        wire=openai_chat,
        images=sent_images.openai_chat,
        login_header=BEARER,
        whole=openai.types.chat.ChatCompletion,
        event=openai.types.chat.ChatCompletionChunk,
        path="/v1",
    ),
    "lmstudio": Family(
        kind=ProviderKind.LMSTUDIO,
        model="qwen3-8b",
        wire=openai_chat,
        images=sent_images.openai_chat,
        login_header=BEARER,
        whole=openai.types.chat.ChatCompletion,
        event=openai.types.chat.ChatCompletionChunk,
        path="/v1",
    ),
    "responses": Family(
        kind=ProviderKind.OPENAI,
        model="gpt-4.1",
        wire=openai_responses,
        images=sent_images.openai_responses,
        login_header=BEARER,
        whole=openai.types.responses.Response,
        event=openai.types.responses.ResponseStreamEvent,
        options=ProviderOptions(api=Api.RESPONSES),
        path="/v1",
    ),
    "azure": Family(
        kind=ProviderKind.AZURE,
        model="our-gpt",
        wire=openai_chat,
        images=sent_images.openai_chat,
        login_header=("api-key", KEY),
        whole=openai.types.chat.ChatCompletion,
        event=openai.types.chat.ChatCompletionChunk,
    ),
    "anthropic": Family(
        kind=ProviderKind.ANTHROPIC,
        model="claude-opus-4-7",
        wire=anthropic_messages,
        images=sent_images.anthropic_messages,
        login_header=BEARER,
        whole=anthropic.types.Message,
        event=anthropic.types.RawMessageStreamEvent,
    ),
    "bedrock": Family(
        kind=ProviderKind.ANTHROPIC,
        model="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        wire=bedrock,
        images=sent_images.anthropic_messages,
        login_header=("authorization", f"AWS4-HMAC-SHA256 Credential={AWS_KEY_ID}/"),
        whole=anthropic.types.Message,
        event=anthropic.types.RawMessageStreamEvent,
        options=ProviderOptions(cloud=Cloud.BEDROCK, region="us-east-1"),
        decode=_chunk_text,
    ),
    "claude at vertex": Family(
        kind=ProviderKind.ANTHROPIC,
        model="claude-sonnet-4-5@20250929",
        wire=anthropic_messages,
        images=sent_images.anthropic_messages,
        login_header=GOOGLE_TOKEN,
        whole=anthropic.types.Message,
        event=anthropic.types.RawMessageStreamEvent,
        options=ProviderOptions(cloud=Cloud.VERTEX, region="europe-west1", project="a-project"),
    ),
    "gemini at vertex": Family(
        kind=ProviderKind.GOOGLE,
        model="gemini-3.1-pro",
        wire=google_generate,
        images=sent_images.google_generate,
        login_header=GOOGLE_TOKEN,
        whole=google_types.GenerateContentResponse,
        event=google_types.GenerateContentResponse,
        options=ProviderOptions(cloud=Cloud.VERTEX, project="a-project"),
        written=0,
    ),
    "google": Family(
        kind=ProviderKind.GOOGLE,
        model="gemini-3.1-pro",
        wire=google_generate,
        images=sent_images.google_generate,
        login_header=("x-goog-api-key", KEY),
        whole=google_types.GenerateContentResponse,
        event=google_types.GenerateContentResponse,
        written=0,
    ),
    "ollama": Family(
        kind=ProviderKind.OLLAMA,
        model="qwen3:8b",
        wire=ollama_chat,
        images=sent_images.ollama_chat,
        login_header=BEARER,
        whole=ollama.ChatResponse,
        event=ollama.ChatResponse,
        cached=0,
        written=0,
        reasoning=0,
        refuses=False,
        retry_after=None,
    ),
}
