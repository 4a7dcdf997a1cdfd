"""No connection to the inside of our own network, however its address is written.

The check is made where the connection is: a name is resolved once, **all** of its addresses must be allowed, and the
connection goes to one of exactly those. So a name that changes its mind between check and connection gains nothing,
nor does any spelling of an address, as only resolved ones are looked at. A refusal reads the same for every refused
address: it is no map of the inside.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import httpcore

from services.runtime.errors import Permanent, Transient

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[list[str]]]

RESOLVE_SECONDS: Final = 5.0

REFUSED: Final[tuple[Network, ...]] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/96",  # unspecified, loopback, and IPv4 inside IPv6 as it was once written
        "64:ff9b::/96",  # NAT64: another way to an IPv4 address
        "64:ff9b:1::/48",  # NAT64 for local use
        "100::/64",  # discard
        "2001::/23",  # protocol assignments, among them Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: another way to an IPv4 address
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, as it once was
        "ff00::/8",  # multicast
    )
)
"""Written out, as `is_global` differs between versions of Python and calls several of these global."""


class AddressRefused(Permanent):
    """The receiver's address is not allowed; see `allowed_networks` of the receiver."""

    reason = "address-refused"


class AddressPolicy:
    """Which addresses may be connected to: the public ones, and the networks that the operator allows."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def allows(self, text: str) -> bool:
        """Return whether this resolved address may be connected to; what is no address may not."""
        try:
            address = _unwrapped(ip_address(text))
        except ValueError:
            return False
        return self._is_in(address, self._allowed) or self._is_public(address)

    @staticmethod
    def _is_in(address: Address, networks: Iterable[Network]) -> bool:
        return any(address.version == network.version and address in network for network in networks)

    def _is_public(self, address: Address) -> bool:
        if self._is_in(address, REFUSED):
            return False
        return address.is_global and not address.is_multicast and not address.is_reserved


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address inside `::ffff:a.b.c.d`, which the system connects to by IPv4; others as they are."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


async def resolve(host: str, port: int) -> list[str]:
    """Return all addresses of a name, each once, in the system's order.

    Raises:
        Transient: the name cannot be resolved now.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
        raise Transient("the receiver's name cannot be resolved") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to allowed addresses only."""

    def __init__(self, policy: AddressPolicy, resolver: Resolver = resolve) -> None:
        self._policy = policy
        self._resolve = resolver
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve once, refuse if any address is refused, and connect to the first that was checked.

        Raises:
            AddressRefused: an address of the name is not allowed; nothing was connected to.
        """
        addresses = await self._resolve(host, port)
        if not addresses or not all(map(self._policy.allows, addresses)):
            raise AddressRefused("the receiver's address is not allowed; see its `allowed_networks`")
        return await self._network.connect_tcp(
            addresses[0], port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 -- httpcore's signature
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no receiver is a file of this machine.

        Raises:
            AddressRefused: always.
        """
        raise AddressRefused("the receiver's address is not allowed")

    async def sleep(self, seconds: float) -> None:
        """Sleep, as the pool asks."""
        await self._network.sleep(seconds)
