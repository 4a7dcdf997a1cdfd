"""What the terminal shows."""

import io

import pytest
from rich.console import Console

from schemas.findings import Finding, FindingTransition
from services.notifier.alerts import Reason, decide
from services.notifier.channels.base import ChannelTools, Message
from services.notifier.channels.terminal import TerminalChannel
from services.notifier.message import body_of
from services.notifier.receivers import Receiver
from services.runtime.clock import SystemClock
from tests.notifier.findings import finding, opened, resolved


async def shown(subject: Finding | None = None, *, colours: bool = False, end: bool = False) -> str:
    subject = subject or finding()
    change = opened().model_copy(update={"finding": subject})
    alert = decide(change, None).alert
    transition, reason = FindingTransition.OPENED, Reason.FIRST
    if end:
        alert = decide(resolved(2, resolved_because="PAY-1 was touched"), alert).alert
        transition, reason = FindingTransition.RESOLVED, Reason.RESOLVED
    assert alert is not None
    out = io.StringIO()
    console = Console(file=out, width=200, force_terminal=colours, color_system="standard" if colours else None)
    channel = TerminalChannel(Receiver(name="here", kind="terminal"), ChannelTools(SystemClock(), console))
    await channel.send(Message("msg_1", body_of(alert, transition, reason)))
    await channel.close()
    return out.getvalue()


async def test_an_alert_shows_what_why_the_question_and_whom_it_concerns() -> None:
    text = await shown()
    for part in (
        "MEDIUM", "Mobile waits on Payments", "stalled-dependency", "Last touched on 8 June", "? What would it take",
        "Refunds reach people in a day", "payments", "Noor Haddad", "https://acme.example/browse/PAY-1",
    ):  # fmt: skip
        assert part in text


async def test_the_end_of_an_alert_is_one_line_with_its_reason() -> None:
    text = await shown(end=True)
    assert "CLEARED" in text
    assert "PAY-1 was touched" in text
    assert "?" not in text


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J\x1b[H",  # clears the screen
        "\x1b]0;owned\x07",  # sets the window's title
        "\x9b31m",  # the same with one byte
        "a\rb",  # writes over the line
        "a\nFAKE  CRITICAL  line",
        "abc\u202egnp.exe",  # turns the reading direction
        "zero\u200bwidth",
        "\u2028",
        "[bold red]markup[/]",
        "[link=file:///etc/passwd]click[/link]",
    ],
)
async def test_a_title_cannot_do_anything(hostile: str) -> None:
    """Neither control characters nor rich's own markup: both show as what they are."""
    plain = finding(title=hostile, why=hostile, question=hostile, owner=hostile, objective_title=hostile)
    text = await shown(plain)
    harmless = await shown(finding(title="x", why="x", question="x", owner="x", objective_title="x"))
    assert text.count("\n") == harmless.count("\n")
    assert not set(text) & set("\x1b\x07\x9b\r\u202e\u200b\u2028")
    if "[" in hostile and "\x1b" not in hostile:
        assert hostile in text


async def test_severity_has_its_colour_on_a_terminal() -> None:
    assert "\x1b[" in await shown(colours=True)
