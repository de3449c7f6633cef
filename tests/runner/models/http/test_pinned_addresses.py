"""Case 46 of docs/faults.md: the address of a provider that a user added leads nowhere but to public addresses, and to
those that the administrator of the runners allows."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from assay.contracts.providers import Provider, ProviderKind
from services.runner.errors import CallFailed, CallMisconfigured, EndpointUnreachable
from services.runner.models.http.address_policy import AddressPolicy, AddressRefused, parse_networks
from services.runner.models.provider_client import open_client
from tests.fakes.providers.endpoint import FakeEndpoint, serve_endpoint
from tests.fakes.providers.reply import Reply
from tests.runner.harness import RunnerHarness
from tests.runner.models.families.family import FAMILIES, Family
from tests.runner.models.families.family_client import BOTH, STREAMED, FamilyClient

BY_KEY = {name: family for name, family in FAMILIES.items() if not family.options.cloud}
"""The families that a user can add, because they log in with a key."""
LOOPBACK = AddressPolicy(networks=parse_networks("loopback"))
HOST = "model.test"


@pytest.fixture(params=list(BY_KEY.values()), ids=list(BY_KEY))
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """The DNS: the addresses of a host, separated by spaces, one item for each time it is asked for."""
    answers: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *arguments: Any, **named: Any) -> list[Any]:
        if host not in answers:
            return real(host, port, *arguments, **named)
        if not answers[host]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found: list[Any] = []
        for address in answers[host].pop(0).split():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            found.append((family, socket.SOCK_STREAM, 6, "", (address, port)))
        return found

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield answers


@asynccontextmanager
async def client_of(family: Family, endpoint: FakeEndpoint, root: str, policy: AddressPolicy) -> AsyncGenerator[Any]:
    connection = replace(family.connection(endpoint), base_url=root + family.path, policy=policy)
    client = await open_client(family.kind, connection)
    try:
        yield client
    finally:
        await client.close()


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"),
        *("127.1", "2130706433", "0x7f000001", "169.254.169.254", "10.0.0.1"),
    ],
)
async def test_nothing_reaches_a_trap_in_the_runners_own_network(
    endpoint: FakeEndpoint, family: Family, host: str
) -> None:
    port = endpoint.root.rpartition(":")[2]
    async with client_of(family, endpoint, f"http://{host}:{port}", AddressPolicy(remedy="ask for it")) as client:
        with pytest.raises(AddressRefused, match="ask for it"):
            await FamilyClient(client, family).hello(STREAMED)
        with pytest.raises(CallMisconfigured):
            await client.offered()
    assert endpoint.connections == 0


async def test_a_name_that_leads_to_the_trap_is_refused(
    endpoint: FakeEndpoint, family: Family, resolved: dict[str, list[str]]
) -> None:
    resolved[HOST] = ["127.0.0.1", "127.0.0.1"]
    port = endpoint.root.rpartition(":")[2]
    async with client_of(family, endpoint, f"http://{HOST}:{port}", AddressPolicy()) as client:
        with pytest.raises(AddressRefused, match=r"127\.0\.0\.1, the address of model\.test"):
            await FamilyClient(client, family).hello(STREAMED)
    assert endpoint.connections == 0


@BOTH
async def test_a_request_goes_to_the_address_that_was_checked(
    endpoint: FakeEndpoint, family: Family, resolved: dict[str, list[str]], parameters: Any
) -> None:
    """The name would lead elsewhere if it were resolved a second time."""
    resolved[HOST] = ["127.0.0.1", "169.254.169.254"]
    port = endpoint.root.rpartition(":")[2]
    async with client_of(family, endpoint, f"http://{HOST}:{port}", LOOPBACK) as client:
        assert (await FamilyClient(client, family).hello(parameters)).text == "hello world"
    assert resolved[HOST] == ["169.254.169.254"]
    assert endpoint.headers[0]["host"] == f"{HOST}:{port}"


async def test_an_address_that_does_not_answer_is_followed_by_the_next(
    endpoint: FakeEndpoint, family: Family, resolved: dict[str, list[str]]
) -> None:
    """Nothing listens at the first one."""
    resolved[HOST] = ["127.0.0.2 127.0.0.1"]
    port = endpoint.root.rpartition(":")[2]
    async with client_of(family, endpoint, f"http://{HOST}:{port}", LOOPBACK) as client:
        assert (await FamilyClient(client, family).hello(STREAMED)).text == "hello world"


async def test_one_address_that_is_not_allowed_refuses_all(
    endpoint: FakeEndpoint, family: Family, resolved: dict[str, list[str]]
) -> None:
    resolved[HOST] = ["127.0.0.1 169.254.169.254"]
    port = endpoint.root.rpartition(":")[2]
    async with client_of(family, endpoint, f"http://{HOST}:{port}", LOOPBACK) as client:
        with pytest.raises(AddressRefused, match="link-local"):
            await FamilyClient(client, family).hello(STREAMED)
    assert endpoint.connections == 0


async def test_a_dns_that_does_not_answer_is_unreachable() -> None:
    class Silent(AddressPolicy):
        async def resolve(self, host: str, port: int) -> list[str]:
            await asyncio.sleep(60)
            return []

    family = BY_KEY["chat"]
    async with client_of(family, FakeEndpoint(), f"http://{HOST}", Silent()) as client:
        with pytest.raises(EndpointUnreachable, match="cannot resolve"):
            await FamilyClient(client, family).hello(STREAMED)


async def test_a_name_without_an_address_is_unreachable(
    endpoint: FakeEndpoint, family: Family, resolved: dict[str, list[str]]
) -> None:
    resolved[HOST] = []
    async with client_of(family, endpoint, f"http://{HOST}", AddressPolicy()) as client:
        with pytest.raises(EndpointUnreachable, match="cannot connect"):
            await FamilyClient(client, family).hello(STREAMED)


@pytest.mark.parametrize("policy", [LOOPBACK, None], ids=["a user's provider", "one of models.yaml"])
@BOTH
async def test_redirects_are_not_followed(
    endpoint: FakeEndpoint, family: Family, parameters: Any, policy: AddressPolicy | None
) -> None:
    """Not even by providers of models.yaml: the headers with the key would go along."""
    async with serve_endpoint(FakeEndpoint()) as trap:
        elsewhere = Reply(status=307, headers={"location": f"{trap.root}/v1/chat/completions?key=sk-1"}, raw=b"")
        endpoint.default = elsewhere
        connection = replace(family.connection(endpoint), policy=policy)
        client = await open_client(family.kind, connection)
        with pytest.raises(CallMisconfigured, match="redirects to") as raised:
            await FamilyClient(client, family).hello(parameters)
        await client.close()
        assert trap.connections == 0
    assert trap.root in str(raised.value)
    assert "sk-1" not in str(raised.value)


@pytest.mark.parametrize("local", [False, True])
async def test_the_registry_decides_by_the_mark_and_the_runners_networks(
    runner: RunnerHarness, endpoint: FakeEndpoint, local: bool
) -> None:
    """The runner of these tests allows loopback."""
    base_url = f"{endpoint.root}/v1"
    provider = Provider(kind=ProviderKind.OPENAI, title="Mine", base_url=base_url, any_model=True, local=local)
    if local:
        assert [each.name for each in await runner.models.offered("mine", provider)] == ["beta", "alpha"]
    else:
        with pytest.raises(CallMisconfigured, match="set local: true"):
            await runner.models.offered("mine", provider)
        assert endpoint.connections == 0


async def test_a_local_provider_may_not_be_where_the_runner_allows_none(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    provider = Provider(
        kind=ProviderKind.OPENAI, title="Metadata", base_url="http://169.254.169.254/v1", any_model=True, local=True
    )
    with pytest.raises(AddressRefused, match=r"link-local.*ASSAY_LOCAL_NETWORKS"):
        await runner.models.offered("metadata", provider)


def _certificate(folder: Path, host: str) -> Path:
    """A self-signed certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(private + signed.public_bytes(pem))
    return file


@pytest.mark.parametrize(("host", "valid"), [(HOST, True), ("other.test", False)])
async def test_tls_checks_the_name_and_not_the_address(
    family: Family,
    resolved: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    valid: bool,
) -> None:
    file = _certificate(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    endpoint = FakeEndpoint()
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    resolved[host] = ["127.0.0.1"]
    async with client_of(family, endpoint, f"https://{host}:{port}", LOOPBACK) as client:
        asked = FamilyClient(client, family).hello(STREAMED)
        if valid:
            assert (await asked).text == "hello world"
        else:
            with pytest.raises(CallFailed, match=r"certificate|cannot connect"):
                await asked
            assert endpoint.paths == []
    server.close()


def test_every_host_is_parsed_as_the_system_would() -> None:
    """The forms above really lead to this machine, so refusing them is no accident of parsing."""
    for host in ("127.1", "2130706433", "0x7f000001"):
        (found, *_) = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)
        assert ip_address(found[4][0]).is_loopback
