"""One alert as a few lines on the terminal. Nothing in a title can move the cursor, colour the screen or hide text."""

import unicodedata
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from schemas.base import Contract
from schemas.findings import Finding, Severity
from services.notifier.channels.base import ChannelTools, Message
from services.notifier.digest import Digest
from services.notifier.message import Notification
from services.notifier.receivers import Receiver

COLOURS: Final[dict[Severity, str]] = {
    Severity.LOW: "cyan",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "bold red",
    Severity.CRITICAL: "bold white on red",
}
UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that show as nothing or change how other characters show: control, format, surrogate, ..."""

LONGEST_LINE: Final = 400
DIGEST_LINES: Final = 5


class Kind(Contract):
    """What tells the two kinds of bodies apart."""

    type: str


class TerminalChannel:
    """Prints each message; a terminal always says yes."""

    def __init__(self, receiver: Receiver, tools: ChannelTools) -> None:  # noqa: ARG002 -- every channel's signature
        self._console: Console = tools.console

    async def send(self, message: Message) -> None:
        """Print the alert."""
        self._console.print(printed(message.body))

    async def close(self) -> None:
        """Do nothing: the console belongs to whoever made it."""


def safe(text: str) -> str:
    """Return the text with every unseen or unruly character made visible as `·`, and cut to one long line."""
    seen = "".join("·" if unicodedata.category(character) in UNSAFE_CATEGORIES else character for character in text)
    return seen if len(seen) <= LONGEST_LINE else seen[: LONGEST_LINE - 1] + "…"


def printed(body: str) -> RenderableType:
    """Return what is printed for a body of either kind."""
    if Kind.model_validate_json(body).type == "digest.opened":
        return lines_of_digest(Digest.model_validate_json(body))
    return lines_of(Notification.model_validate_json(body))


def lines_of_digest(digest: Digest) -> RenderableType:
    """Return what is printed of an opening digest: how much stood already, and what weighs most."""
    standing = digest.data
    counts = ", ".join(f"{standing.severities[one]} {one}" for one in reversed(Severity) if one in standing.severities)
    total = f"{standing.total} finding{'' if standing.total == 1 else 's'} stood already"
    headline = Text.assemble(
        (f"{digest.timestamp:%a %d %b}  ", "dim"),
        (" OPENING DIGEST ", "bold"),
        f" {safe(standing.digest.connection)} is read for the first time; {total}"
        + (f" ({counts})." if counts else "."),
    )
    shown = standing.findings[:DIGEST_LINES]
    lines = [Text.assemble((f"    {one.severity.value:<8} ", COLOURS[one.severity]), safe(one.title)) for one in shown]
    more = standing.total - len(shown)
    rest = [Text(f"    and {more} more: leeway findings", style="dim")] if more else []
    return Group(headline, *lines, *rest, Text())


def lines_of(notification: Notification) -> RenderableType:
    """Return what is printed for one notification: a headline, then for what is open the why, question and context."""
    finding = notification.data.finding
    if notification.type == "finding.resolved":
        return _resolved(notification)
    details = [Text(safe(finding.why)), Text("? " + safe(finding.question), style="italic"), *_context(finding)]
    return Group(_headline(notification), *(Padding(detail, (0, 0, 0, 4), expand=False) for detail in details), Text())


def _headline(notification: Notification) -> Text:
    finding = notification.data.finding
    again = " (now)" if notification.type == "finding.updated" else ""
    return Text.assemble(
        (f"{notification.timestamp:%a %d %b}  ", "dim"),
        (f" {finding.severity.value.upper()}{again} ", COLOURS[finding.severity]),
        " ",
        (safe(finding.title), "bold"),
        (f"  {finding.rule}", "dim"),
    )


def _resolved(notification: Notification) -> Text:
    finding = notification.data.finding
    because = f": {safe(finding.resolved_because)}" if finding.resolved_because else ""
    return Text.assemble(
        (f"{notification.timestamp:%a %d %b}  ", "dim"),
        (" CLEARED ", "green"),
        f" {safe(finding.title).rstrip('.')}{because}",
        "\n",
    )


def _context(finding: Finding) -> list[Text]:
    who = {
        "objective": finding.objective_title or finding.objective,
        "to act": finding.team_name or finding.team,
        "owner": finding.owner,
    }
    facts = "   ".join(f"{name}: {safe(value)}" for name, value in who.items() if value)
    links = [Text(safe(subject.url), style="dim") for subject in finding.subjects[:2] if subject.url]
    return [Text(facts, style="dim"), *links] if facts else links
