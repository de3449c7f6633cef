"""Claude on Amazon Bedrock (extra ``bedrock``). Streams are binary AWS event streams, which botocore reads.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
"""

from __future__ import annotations

import os

import anthropic
import boto3  # noqa: F401  # pyright: ignore[reportUnusedImport]  # the SDK imports it when it signs the first request
from anthropic.lib.bedrock import AsyncAnthropicBedrock
from anthropic.lib.bedrock._stream_decoder import get_response_stream_shape
from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, HTTPClientError, MetadataRetrievalError

from services.runner.errors import (
    AuthenticationFailed,
    CallFailed,
    CallMisconfigured,
    EndpointUnreachable,
    ProviderError,
)
from services.runner.models.anthropic.client import AnthropicClient
from services.runner.models.anthropic.cloud_platform import CloudPlatform
from services.runner.models.http.settings import http_settings
from services.runner.models.http.transport_errors import describe
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.provider_client import Connection

VERSION = "bedrock-2023-05-31"
"""AWS documents it for all Claude models; models up to 4.6 reject the SDK's default."""
_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK")
_NO_CREDENTIALS = "Could not resolve"
"""How the SDK's error begins if there are none; it is a plain RuntimeError."""

# Reads AWS's description of the service, which takes up to a second: now, in the thread that imports this module,
# instead of in the event loop before the first stream.
get_response_stream_shape()


def open_client(connection: Connection) -> AnthropicClient:
    """The SDK's own retries are off. Raises CallMisconfigured if there is no region."""
    settings = http_settings(connection)
    try:
        sdk = AsyncAnthropicBedrock(
            aws_region=connection.options.region,
            base_url=connection.base_url,
            max_retries=0,
            timeout=settings["timeout"],
            http_client=anthropic.DefaultAioHttpClient(**settings),
        )
    except (ValueError, BotoCoreError) as error:
        raise CallMisconfigured(f"Bedrock's region is unknown: {error}; set options.region or AWS_REGION") from error
    platform = CloudPlatform(
        version=VERSION, errors=(BotoCoreError, ParserError, RuntimeError), to_call_failed=_to_call_failed
    )
    return AnthropicClient(sdk, KeyRedactor(*(os.environ.get(name, "") for name in _SECRETS)), platform)


def _to_call_failed(error: Exception, address: str) -> CallFailed:
    match error:
        case ParserError():
            text = f"the reply of {address} is not an event stream: {describe(error)}"
            return ProviderError(text, may_be_billed=True)
        case HTTPClientError() | MetadataRetrievalError():
            return EndpointUnreachable(f"cannot get AWS credentials for {address}: {describe(error)}")
        case RuntimeError() if not str(error).startswith(_NO_CREDENTIALS):
            return ProviderError(f"the request to {address} failed: {describe(error)}", may_be_billed=True)
        case _:
            return AuthenticationFailed(
                f"there are no usable AWS credentials for {address}: {error}; "
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the runner a role"
            )
