"""What every channel is: it takes one message to one receiver, and says by its error what to do next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console

from services.notifier.guard import Resolver, resolve
from services.notifier.receivers import Receiver
from services.runtime.clock import Clock
from services.runtime.errors import Permanent


@dataclass(frozen=True, slots=True)
class Message:
    """One notification for one receiver: its idempotency key, and the body as it was stored (see `message.py`)."""

    webhook_id: str
    body: str


class ReceiverGone(Permanent):
    """The receiver wants nothing more, ever: it is switched off until somebody switches it on."""

    reason = "receiver-gone"


class Channel(Protocol):
    """A way to one receiver. Several messages may be under way at once."""

    async def send(self, message: Message) -> None:
        """Return once the receiver has said yes.

        Raises:
            Transient: try again, after `retry_after` seconds where the receiver said so.
            ReceiverGone: switch the receiver off.
            Permanent: trying again will not help.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelTools:
    """What channels may stand on."""

    clock: Clock
    console: Console
    resolver: Resolver = resolve


ChannelFactory = Callable[[Receiver, ChannelTools], Channel]
