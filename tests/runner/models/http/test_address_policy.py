"""Which addresses a provider that a user added may have."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from services.runner.models.http.address_policy import AddressPolicy, parse_networks

PUBLIC = ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8"]
NOT_PUBLIC = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:7f00:1::",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert AddressPolicy().allows(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_other_address_is(address: str) -> None:
    assert not AddressPolicy().allows(ip_address(address))


@pytest.mark.parametrize(
    ("networks", "allowed", "refused"),
    [
        ("loopback", ["127.0.0.1", "::1", "::ffff:127.0.0.1"], ["10.0.0.1", "169.254.169.254"]),
        ("private", ["10.2.3.4", "192.168.0.9", "fd00::1"], ["127.0.0.1", "169.254.169.254", "fe80::1"]),
        ("loopback, 10.1.0.0/16", ["127.0.0.1", "10.1.9.9"], ["10.2.0.1"]),
        ("169.254.0.0/16", ["169.254.169.254"], ["127.0.0.1"]),
    ],
)
def test_networks_are_allowed_besides(networks: str, allowed: list[str], refused: list[str]) -> None:
    policy = AddressPolicy(networks=parse_networks(networks))
    assert all(policy.allows(ip_address(address)) for address in allowed)
    assert not any(policy.allows(ip_address(address)) for address in refused)


@pytest.mark.parametrize("text", ["10.1.0.1/16", "everything", "10.0.0.0/8;loopback", "300.0.0.0/8"])
def test_a_network_that_does_not_exist_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_networks(text)
