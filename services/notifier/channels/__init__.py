"""The channels: one folder each, and one line here. A receiver's `kind` is the folder's name."""

from typing import Final

from services.notifier.channels.base import Channel, ChannelFactory, ChannelTools
from services.notifier.channels.terminal import TerminalChannel
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.receivers import Receiver
from services.runtime.errors import Misconfigured

CHANNELS: Final[dict[str, ChannelFactory]] = {
    "terminal": TerminalChannel,
    "webhook": WebhookChannel,
}


def open_channel(receiver: Receiver, tools: ChannelTools) -> Channel:
    """Return the channel of a receiver.

    Raises:
        Misconfigured: no channel has the receiver's kind, or the channel lacks something that it needs.
    """
    factory = CHANNELS.get(receiver.kind)
    if factory is None:
        raise Misconfigured(
            f"receiver {receiver.name!r} has kind {receiver.kind!r}; choose one of {', '.join(sorted(CHANNELS))}"
        )
    return factory(receiver, tools)
