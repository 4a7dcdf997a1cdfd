"""What holds for every channel; a new one is added to the registry and to `GOOD` below, and has to pass."""

from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

import services.notifier.channels
from schemas.findings import FindingTransition
from services.notifier.alerts import Reason, decide
from services.notifier.channels import CHANNELS, open_channel
from services.notifier.channels.base import ChannelTools, Message
from services.notifier.message import body_of
from services.notifier.receivers import Receiver
from services.runtime.clock import SystemClock
from services.runtime.errors import Misconfigured
from tests.notifier.benches import receiver_of
from tests.notifier.findings import opened
from tests.receiver import Collector

TOOLS: Final = ChannelTools(SystemClock(), Console(quiet=True))


def good(kind: str, collector: Collector) -> Receiver:
    """A receiver of each kind that says yes."""
    receivers = {"webhook": receiver_of(collector), "terminal": Receiver(name="here", kind="terminal")}
    return receivers[kind]


def message() -> Message:
    alert = decide(opened(), None).alert
    assert alert is not None
    return Message("msg_1", body_of(alert, FindingTransition.OPENED, Reason.FIRST))


def test_folders_and_registry_are_the_same() -> None:
    folder = Path(services.notifier.channels.__file__).parent
    folders = {each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith("_")}
    assert folders == set(CHANNELS)


def test_a_kind_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(Misconfigured, match="terminal, webhook"):
        open_channel(Receiver(name="x", kind="carrier-pigeon"), TOOLS)


@pytest.mark.parametrize("kind", sorted(CHANNELS))
async def test_a_receiver_that_says_yes_ends_the_send(kind: str, collector: Collector) -> None:
    channel = open_channel(good(kind, collector), TOOLS)
    await channel.send(message())
    await channel.send(message())
    await channel.close()


@pytest.mark.parametrize("kind", sorted(CHANNELS))
async def test_closing_twice_does_no_harm(kind: str, collector: Collector) -> None:
    channel = open_channel(good(kind, collector), TOOLS)
    await channel.close()
    await channel.close()


@pytest.mark.parametrize("kind", sorted(CHANNELS))
async def test_opening_a_channel_sends_nothing(kind: str, collector: Collector) -> None:
    channel = open_channel(good(kind, collector), TOOLS)
    await channel.close()
    assert collector.deliveries == []
