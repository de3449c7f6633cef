"""What is particular to models in clouds: paths, versions, credentials and AWS's event streams."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from assay.contracts.models import CallFault, Parameters
from assay.contracts.providers import Cloud, ProviderKind, ProviderOptions
from services.runner.errors import CallFailed, CallMisconfigured
from services.runner.models import ChatMessage, Completion, Model, ModelRequest, ToolDefinition
from services.runner.models.provider_client import NO_KEY, Connection, open_client
from tests.fakes.providers import bedrock
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.families.family import AWS_KEY_ID, FAMILIES, KEY, Family, set_cloud_logins

BEDROCK, CLAUDE, GEMINI = (FAMILIES[name] for name in ("bedrock", "claude at vertex", "gemini at vertex"))
CLOUDS = pytest.mark.parametrize("family", [BEDROCK, CLAUDE, GEMINI], ids=["bedrock", "claude", "gemini"])
HELLO = (ChatMessage(role="user", content="Say hello."),)
BASH = ToolDefinition(name="bash", description="Runs a command.", arguments={"type": "object", "properties": {}})
STREAMED, WHOLE = Parameters(max_tokens=50), Parameters(max_tokens=50, stream=False)


@pytest.fixture(autouse=True)
def logins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endpoint: FakeEndpoint) -> None:
    set_cloud_logins(monkeypatch, tmp_path, endpoint.root)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@asynccontextmanager
async def open_model(family: Family, endpoint: FakeEndpoint) -> AsyncGenerator[Model]:
    client = await open_client(family.kind, family.connection(endpoint))
    try:
        yield client.model(family.model)
    finally:
        await client.close()


async def ask(family: Family, endpoint: FakeEndpoint, request: ModelRequest) -> Completion:
    async with open_model(family, endpoint) as model:
        return await model.complete(request, lambda _: None)


PUBLISHERS = "/projects/a-project/locations"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.mark.parametrize(
    ("family", "streamed", "whole"),
    [
        (BEDROCK, f"/model/{SONNET}/invoke-with-response-stream", f"/model/{SONNET}/invoke"),
        (
            CLAUDE,
            f"{PUBLISHERS}/europe-west1/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
            f"{PUBLISHERS}/europe-west1/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
        ),
        (
            GEMINI,
            f"/v1beta1{PUBLISHERS}/global/publishers/google/models/gemini-3.1-pro:streamGenerateContent?alt=sse",
            f"/v1beta1{PUBLISHERS}/global/publishers/google/models/gemini-3.1-pro:generateContent",
        ),
    ],
    ids=["bedrock", "claude", "gemini"],
)
async def test_the_path_names_the_model_and_its_place(
    endpoint: FakeEndpoint, family: Family, streamed: str, whole: str
) -> None:
    async with open_model(family, endpoint) as model:
        for parameters in (STREAMED, WHOLE):
            await model.complete(ModelRequest(messages=HELLO, parameters=parameters), lambda _: None)
    assert endpoint.paths == [streamed, whole]


@pytest.mark.parametrize(
    ("family", "version"), [(BEDROCK, "bedrock-2023-05-31"), (CLAUDE, "vertex-2023-10-16")], ids=["bedrock", "vertex"]
)
async def test_claudes_body_has_the_clouds_version_and_caches_by_block(
    endpoint: FakeEndpoint, family: Family, version: str
) -> None:
    parameters = Parameters(max_tokens=9, temperature=0.5)
    await ask(family, endpoint, ModelRequest(messages=HELLO, parameters=parameters, tools=(BASH,)))
    (body,) = endpoint.bodies
    assert (body["anthropic_version"], body["temperature"]) == (version, 0.5)
    assert body.keys().isdisjoint({"model", "cache_control"})
    (block,) = body["messages"][0]["content"]
    assert block == {"type": "text", "text": "Say hello.", "cache_control": {"type": "ephemeral"}}


async def test_bedrock_requests_are_signed_for_their_region(endpoint: FakeEndpoint) -> None:
    await ask(BEDROCK, endpoint, ModelRequest(messages=HELLO))
    scheme, _, rest = endpoint.headers[0]["authorization"].partition(" ")
    assert (scheme, KEY in rest) == ("AWS4-HMAC-SHA256", False)
    scope = rest.partition(",")[0].removeprefix("Credential=").split("/")
    assert [scope[0], *scope[2:]] == [AWS_KEY_ID, "us-east-1", "bedrock", "aws4_request"]


async def test_a_bedrock_key_is_sent_instead_of_a_signature(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-0123456789")
    endpoint.default = Reply(status=403, text="the key bedrock-api-key-0123456789 has expired")
    with pytest.raises(CallFailed, match=r"the key \[key\] has expired") as raised:
        await ask(BEDROCK, endpoint, ModelRequest(messages=HELLO))
    assert raised.value.fault is CallFault.AUTHENTICATION
    assert endpoint.headers[0]["authorization"] == "Bearer bedrock-api-key-0123456789"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("throttlingException", CallFault.RATE_LIMITED),
        ("modelTimeoutException", CallFault.TIMEOUT),
        ("serviceUnavailableException", CallFault.PROVIDER),
        ("internalServerException", CallFault.PROVIDER),
        ("modelStreamErrorException", CallFault.PROVIDER),
        ("validationException", CallFault.CONFIGURATION),
    ],
)
async def test_an_exception_inside_of_an_event_stream(endpoint: FakeEndpoint, kind: str, fault: CallFault) -> None:
    body = {"model": BEDROCK.model, "stream": True}
    begun = list(bedrock.events(Reply(), body))[:3]
    raw = b"".join((*begun, bedrock.exception(kind, "it went wrong")))
    endpoint.default = Reply(raw=raw, content_type=bedrock.EVENTS)
    with pytest.raises(CallFailed, match="it went wrong") as raised:
        await ask(BEDROCK, endpoint, ModelRequest(messages=HELLO))
    assert (raised.value.fault, raised.value.may_be_billed) == (fault, True)


async def test_a_damaged_event_stream_is_a_provider_error(endpoint: FakeEndpoint) -> None:
    frames = b"".join(bedrock.events(Reply(), {"model": BEDROCK.model}))
    endpoint.default = Reply(raw=frames[:-1] + bytes([frames[-1] ^ 1]), content_type=bedrock.EVENTS)
    with pytest.raises(CallFailed, match="is not an event stream: ChecksumMismatch") as raised:
        await ask(BEDROCK, endpoint, ModelRequest(messages=HELLO))
    assert (raised.value.fault, raised.value.may_be_billed) == (CallFault.PROVIDER, True)


@CLOUDS
async def test_missing_credentials_are_an_authentication_fault(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, family: Family
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    unused = msgspec.structs.replace(family.options, region="eu-central-2")  # the SDK keeps a region's AWS credentials
    with pytest.raises(CallFailed, match=r"there are no usable (AWS|Google) credentials") as raised:
        await ask(replace(family, options=unused), endpoint, ModelRequest(messages=HELLO))
    assert raised.value.fault is CallFault.AUTHENTICATION
    assert not endpoint.bodies


@pytest.mark.parametrize("family", [CLAUDE, GEMINI], ids=["claude", "gemini"])
async def test_an_unreachable_token_endpoint_is_a_connection_fault(
    endpoint: FakeEndpoint, tmp_path: Path, family: Family
) -> None:
    account = json.loads((tmp_path / "account.json").read_text())
    (tmp_path / "account.json").write_text(json.dumps(account | {"token_uri": "http://127.0.0.1:9/token"}))
    with pytest.raises(CallFailed, match="cannot get Google credentials") as raised:
        await ask(family, endpoint, ModelRequest(messages=HELLO))
    assert raised.value.fault is CallFault.CONNECTION


@pytest.mark.parametrize(
    ("kind", "cloud", "remedy"),
    [
        (ProviderKind.ANTHROPIC, Cloud.BEDROCK, "set options.region or AWS_REGION"),
        (ProviderKind.ANTHROPIC, Cloud.VERTEX, "set options.project or GOOGLE_CLOUD_PROJECT"),
        (ProviderKind.GOOGLE, Cloud.VERTEX, "set options.project or GOOGLE_CLOUD_PROJECT"),
    ],
)
async def test_a_missing_place_is_named(kind: ProviderKind, cloud: Cloud, remedy: str) -> None:
    connection = Connection(base_url=None, api_key=NO_KEY, options=ProviderOptions(cloud=cloud))
    with pytest.raises(CallMisconfigured, match=remedy):
        await open_client(kind, connection)


async def test_the_place_can_come_from_the_environment(endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "another-project")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "us-east5")
    options = ProviderOptions(cloud=Cloud.VERTEX)
    client = await open_client(
        ProviderKind.ANTHROPIC, Connection(base_url=endpoint.root, api_key=NO_KEY, options=options)
    )
    await client.model("claude-opus-4-7").complete(ModelRequest(messages=HELLO), lambda _: None)
    await client.close()
    assert endpoint.paths[0].startswith("/projects/another-project/locations/us-east5/")


@pytest.mark.parametrize(
    ("cloud", "library"), [(Cloud.BEDROCK, "botocore.eventstream"), (Cloud.VERTEX, "google.auth.exceptions")]
)
async def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, cloud: Cloud, library: str) -> None:
    for name in ("services.runner.models.anthropic", "services.runner.models.google"):
        for loaded in [module for module in sys.modules if module.startswith(name)]:
            monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, library, None)
    connection = Connection(base_url=None, api_key=NO_KEY, options=ProviderOptions(cloud=cloud))
    with pytest.raises(CallMisconfigured, match=rf"kind 'anthropic' at '{cloud}' .* pip install 'assay\[{cloud}\]'"):
        await open_client(ProviderKind.ANTHROPIC, connection)
