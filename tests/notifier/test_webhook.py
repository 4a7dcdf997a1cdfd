"""The webhook channel against real, and really badly behaved, receivers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from rich.console import Console

from services.notifier.channels.base import ChannelTools, Message, ReceiverGone
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.channels.webhook.answers import error_of, seconds_of
from services.notifier.guard import AddressRefused
from services.notifier.receivers import Receiver, deliver_to
from services.runtime.clock import SystemClock
from services.runtime.errors import Misconfigured, RateLimited, Transient
from tests.notifier.findings import NOON
from tests.receiver import SECRET, Answer, Canary, Collector, always, collecting

MESSAGE = Message("msg_1", '{"type":"finding.opened"}')
TOOLS = ChannelTools(SystemClock(), Console(quiet=True))


@asynccontextmanager
async def opened(receiver: Receiver) -> AsyncIterator[WebhookChannel]:
    channel = WebhookChannel(receiver, TOOLS)
    try:
        yield channel
    finally:
        await channel.close()


async def send(receiver: Receiver, message: Message = MESSAGE) -> None:
    async with opened(receiver) as channel:
        await channel.send(message)


async def test_a_message_arrives_as_it_was_stored_signed_and_named(collector: Collector) -> None:
    await send(deliver_to(collector.url, SECRET))
    (delivery,) = collector.deliveries
    assert delivery.raw == MESSAGE.body.encode()
    assert delivery.webhook_id == "msg_1"
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.headers["accept-encoding"] == "identity"
    assert collector.refused == []


async def test_the_secret_that_the_receiver_does_not_know_is_refused_by_it(collector: Collector) -> None:
    other = "whsec_" + "b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC1vdGhlcg=="
    with pytest.raises(Transient, match="401"):
        await send(deliver_to(collector.url, other))
    await send(deliver_to(collector.url, f"{other} {SECRET}"))
    assert len(collector.effects) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_2xx_is_a_yes(status: int) -> None:
    assert error_of(status, None, NOON) is None


@pytest.mark.parametrize("status", [100, 301, 302, 307, 308, 400, 401, 403, 404, 409, 422, 500, 501, 599])
def test_anything_else_is_tried_again_without_regard_to_retry_after(status: int) -> None:
    error = error_of(status, "30", NOON)
    assert isinstance(error, Transient)
    assert error.retry_after is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_overloaded_receiver_may_ask_for_a_pause(status: int) -> None:
    error = error_of(status, "30", NOON)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 30


def test_410_says_stop_for_good() -> None:
    assert isinstance(error_of(410, None, NOON), ReceiverGone)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("soon", None), ("nan", None), ("inf", None), ("-5", 0), ("0", 0), ("2.5", 2.5),
        ("Mon, 15 Jun 2026 12:01:00 GMT", 60), ("Mon, 15 Jun 2026 11:00:00 GMT", 0),
        ("Mon, 15 Jun 2026 14:01:00 +0200", 60), ("Mon, 15 Jun 2026 12:01:00 -0000", 60),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header, NOON) == seconds
    if header and seconds == 60:
        assert seconds_of(header, NOON + timedelta(seconds=20)) == 40


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(canary: Canary, status: int) -> None:
    answer = Answer(status, headers=(("location", canary.url),))
    async with collecting(always(answer)) as collector:
        with pytest.raises(Transient, match=str(status)):
            await send(deliver_to(collector.url, SECRET))
    assert canary.connections == 0


async def test_an_internal_address_is_refused_with_no_connection(canary: Canary) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433"):
        receiver = webhook(url=f"http://{host}:{canary.port}/", allow_http=True, ports=(canary.port,))
        with pytest.raises(AddressRefused):
            await send(receiver)
    assert canary.connections == 0


async def test_the_environments_proxy_is_not_used(
    canary: Canary, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, canary.url)
    await send(deliver_to(collector.url, SECRET))
    assert len(collector.effects) == 1
    assert canary.connections == 0


async def test_no_answer_in_time_is_a_failure() -> None:
    async with collecting(always(Answer(holds=True))) as collector:
        receiver = deliver_to(collector.url, SECRET).model_copy(update={"timeout_seconds": 0.05})
        with pytest.raises(Transient, match="no answer"):
            await send(receiver)
        assert len(collector.deliveries) == 1


async def test_of_an_endless_answer_only_a_little_is_read() -> None:
    async with collecting(always(Answer(body=b"x" * 5_000_000))) as collector:
        await send(deliver_to(collector.url, SECRET))


async def test_nobody_listening_is_tried_again_later(collector: Collector) -> None:
    url = collector.url
    await collector.stop()
    with pytest.raises(Transient, match="no connection"):
        await send(deliver_to(url, SECRET))


async def test_an_answer_that_is_no_http_is_tried_again_later() -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Transient, match="no connection"):
            await send(deliver_to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", SECRET))


async def test_a_receiver_without_tls_where_tls_is_expected_is_tried_again_later(collector: Collector) -> None:
    receiver = deliver_to(collector.url.replace("http:", "https:"), SECRET)
    with pytest.raises(Transient):
        await send(receiver.model_copy(update={"timeout_seconds": 0.5}))


def webhook(**fields: Any) -> Receiver:
    return Receiver(**{"name": "ops", "kind": "webhook", "secrets": (SecretStr(SECRET),), **fields})


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("http://hooks.example/x", "https"),
        ("ftp://hooks.example/x", "https"),
        ("https://hooks.example:8443/x", "8443"),
        ("https://me:secret@hooks.example/x", "user name"),
        ("https:///x", "host"),
        ("https://hooks.example/a b", "white space"),
        ("https://hooks.example/\r\nx-evil: 1", "white space"),
        ("https://ḧooks.example/", "ASCII"),
    ],
)
def test_an_address_that_cannot_be_used_is_named_at_start(url: str, hint: str) -> None:
    with pytest.raises(ValidationError, match=hint):
        webhook(url=url)


def test_a_webhook_without_secret_is_named_at_start() -> None:
    with pytest.raises(Misconfigured, match="secret"):
        WebhookChannel(webhook(url="https://hooks.example/", secrets=()), TOOLS)


def test_a_receiver_does_not_show_its_address_or_secret() -> None:
    """Many services put the secret into the path."""
    shown = repr(webhook(url="https://hooks.example/T0/B1/verysecret"))
    assert "verysecret" not in shown
    assert SECRET not in shown
