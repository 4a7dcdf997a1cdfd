"""No way to the inside: not by name, spelling, IPv6, a name that changes its mind, or a redirect (see test_webhook)."""

import asyncio
from ipaddress import ip_network

import pytest

from services.notifier.guard import AddressPolicy, AddressRefused, GuardedBackend, Resolver, resolve
from services.runtime.errors import Transient
from tests.receiver import Canary

REFUSED = (
    "0.0.0.0",  # noqa: S104 -- refused, not listened on
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.8.8.8",
    "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::ffff:0:0", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:53aa:64c::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1",
    "fd12:3456:789a::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff00::1", "ff02::1", "ff05::2",
    "", "localhost", "2130706433", "0x7f000001", "127.1", "1.2.3.4.5", "::1%", "not an address",
)  # fmt: skip
ALLOWED = (
    "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.167.255.255",
    "198.17.255.255", "223.255.255.255", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:830::200e",
)  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_refused(address: str) -> None:
    assert not AddressPolicy().allows(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_allowed(address: str) -> None:
    assert AddressPolicy().allows(address)


def test_the_operator_may_allow_a_network_and_only_that() -> None:
    policy = AddressPolicy([ip_network("10.1.0.0/16")])
    assert policy.allows("10.1.2.3")
    assert policy.allows("::ffff:10.1.2.3")
    assert not policy.allows("10.2.0.1")
    assert policy.allows("8.8.8.8")


def answering(*answers: list[str]) -> Resolver:
    """A resolver that gives one answer after the other, as a name that changes its mind does."""
    rest = list(answers)

    async def resolver(host: str, port: int) -> list[str]:  # noqa: ARG001
        return rest.pop(0)

    return resolver


@pytest.mark.parametrize("answer", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::1"], []])
async def test_one_refused_address_refuses_the_name_before_any_connection(canary: Canary, answer: list[str]) -> None:
    backend = GuardedBackend(AddressPolicy(), answering(answer))
    with pytest.raises(AddressRefused):
        await backend.connect_tcp("rebinding.example", canary.port)
    assert canary.connections == 0


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "①②⑦.0.0.1", "::1"]
)
async def test_every_spelling_of_loopback_is_refused_after_resolving(canary: Canary, host: str) -> None:
    with pytest.raises((AddressRefused, Transient)):
        await GuardedBackend(AddressPolicy()).connect_tcp(host, canary.port)
    assert canary.connections == 0


async def test_the_connection_goes_to_the_address_that_was_checked(canary: Canary) -> None:
    """The name would resolve to an address that is refused the second time; it is asked once only."""
    policy = AddressPolicy([ip_network("127.0.0.1/32")])
    backend = GuardedBackend(policy, answering(["127.0.0.1"], ["127.9.9.9"]))
    stream = await backend.connect_tcp("rebinding.example", canary.port)
    await stream.aclose()
    await asyncio.wait_for(canary.connected.wait(), 5)
    assert canary.connections == 1


async def test_a_refusal_says_nothing_of_the_address() -> None:
    """Else the error text would be a scanner of the inside."""
    messages = set()
    for answer in (["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"]):
        with pytest.raises(AddressRefused) as refusal:
            await GuardedBackend(AddressPolicy(), answering(answer)).connect_tcp("x.example", 443)
        messages.add(str(refusal.value))
    assert len(messages) == 1


async def test_no_socket_file() -> None:
    with pytest.raises(AddressRefused):
        await GuardedBackend(AddressPolicy()).connect_unix_socket("/var/run/docker.sock")


async def test_a_name_that_cannot_be_resolved_is_tried_again_later() -> None:
    with pytest.raises(Transient):
        await resolve("no-such-name.invalid", 443)
