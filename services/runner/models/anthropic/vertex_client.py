"""Claude on Google Cloud's Vertex AI (extra ``vertex``).

https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
"""

from __future__ import annotations

import anthropic
from anthropic.lib.vertex import AsyncAnthropicVertex

from services.runner.models.anthropic.client import AnthropicClient
from services.runner.models.anthropic.cloud_platform import CloudPlatform
from services.runner.models.google.credentials import ERRORS, project, region, to_call_failed
from services.runner.models.http.settings import http_settings
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.provider_client import Connection

VERSION = "vertex-2023-10-16"


def open_client(connection: Connection) -> AnthropicClient:
    """The SDK's own retries are off. Raises CallMisconfigured if there is no project."""
    settings = http_settings(connection)
    sdk = AsyncAnthropicVertex(
        project_id=project(connection.options),
        region=region(connection.options),
        base_url=connection.base_url,
        max_retries=0,
        timeout=settings["timeout"],
        http_client=anthropic.DefaultAioHttpClient(**settings),
    )
    platform = CloudPlatform(version=VERSION, errors=ERRORS, to_call_failed=to_call_failed)
    return AnthropicClient(sdk, KeyRedactor(), platform)
