"""One POST to one address: signed for this attempt, guarded, bounded in time and size, redirects not followed."""

import asyncio
from contextlib import suppress
from typing import Final

import httpcore

from services.notifier.channels.base import ChannelTools, Message
from services.notifier.channels.webhook.answers import error_of
from services.notifier.guard import AddressPolicy, GuardedBackend
from services.notifier.receivers import Receiver
from services.notifier.signing import Signer
from services.runtime.clock import Clock
from services.runtime.errors import Misconfigured, Transient

MOST_READ: Final = 8 * 1024
"""Bytes of the answer's body; nobody needs more, and some receivers never end."""

USER_AGENT: Final = "leeway"


class WebhookChannel:
    """Sends to the receiver's address.

    Stands on httpcore itself, the part of httpx that connects: no environment proxy, no `.netrc`, no redirects and no
    decompression come with it, and its network backend is a public argument.
    """

    def __init__(self, receiver: Receiver, tools: ChannelTools) -> None:
        if receiver.url is None or not receiver.secrets:
            raise Misconfigured(f"receiver {receiver.name!r} is a webhook: give it a `url` and at least one secret")
        self._url = receiver.url
        self._timeout = receiver.timeout_seconds
        self._clock: Clock = tools.clock
        self._signer = Signer([secret.get_secret_value() for secret in receiver.secrets])
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=receiver.concurrency,
            keepalive_expiry=30.0,
            network_backend=GuardedBackend(AddressPolicy(receiver.allowed_networks), tools.resolver),
        )

    async def send(self, message: Message) -> None:
        """Post the body; a 2xx within the time is a yes.

        Raises:
            Transient: no connection, no answer in time, or an answer that is no 2xx.
            ReceiverGone: the answer was 410.
            AddressRefused: the guard refused the address.
        """
        try:
            async with asyncio.timeout(self._timeout):
                status, retry_after = await self._post(message)
        except TimeoutError as error:
            raise Transient(f"no answer within {self._timeout:g} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise Transient(f"no connection: {type(error).__name__}") from error
        failure = error_of(status, retry_after, self._clock.wall())
        if failure is not None:
            raise failure

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def _post(self, message: Message) -> tuple[int, str | None]:
        body = message.body.encode()
        request = self._pool.stream("POST", self._url, headers=self._headers(message), content=body)
        async with request as response:
            await _read_some(response)
            headers = {name.lower(): value for name, value in response.headers}
            return response.status, headers.get(b"retry-after", b"").decode("ascii", "replace") or None

    def _headers(self, message: Message) -> list[tuple[bytes | str, bytes | str]]:
        return [
            ("content-type", "application/json"),
            ("accept-encoding", "identity"),
            ("user-agent", USER_AGENT),
            *self._signer.headers(message.webhook_id, self._clock.wall(), message.body).items(),
        ]


async def _read_some(response: httpcore.Response) -> None:
    """Read the answer's body as far as we are ready to, so that a short one leaves the connection usable."""
    read = 0
    # The status has come, and it is the answer: a body that breaks off changes nothing.
    with suppress(httpcore.ProtocolError, httpcore.NetworkError):
        async for chunk in response.aiter_stream():
            read += len(chunk)
            if read >= MOST_READ:
                return
