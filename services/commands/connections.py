"""`leeway connections`: how each stands, what is wrong with it right now, and yes to a mass disappearance."""

from datetime import datetime
from typing import Any, Final

from services.commands.checks import Check
from services.commands.connection_checks import Kept, age, kept_of
from services.commands.describing import AnyConnection
from services.commands.output import OutputFormat, counted, out, print_json
from services.commands.site_checks import check_sites
from services.commands.workplace import Workplace
from services.connectors.commands import confirm_missing
from services.notifier.channels.terminal.channel import safe
from services.runtime.clock import SystemClock
from services.runtime.configuration import Configuration
from services.runtime.connections import AsanaConnection
from services.runtime.settings import Settings

NONE: Final = "No connections: `leeway init` makes one."


async def rows(place: Workplace, configuration: Configuration) -> list[dict[str, Any]]:
    """Return a row for each connection of the configuration."""
    connections = configuration.whole_connections()
    kept = await kept_of(place, tuple(one.id for one in connections))
    return [_row(one, kept[one.id], place.clock.now()) for one in connections]


def _row(one: AnyConnection, kept: Kept, now: datetime) -> dict[str, Any]:
    report, standing = kept.report, kept.standing
    return {
        "id": one.id,
        "tracker": one.tracker,
        "site": one.workspace if isinstance(one, AsanaConnection) else one.url,
        "state": report.state.value if report is not None else "never read",
        "reason": report.reason if report is not None else None,
        "age": age(standing, now),
        "last_success": standing.last_success,
        "first_read": standing.opened_at,
        "items": kept.items,
        "projects": list(one.projects),
        "webhooks": None if one.webhooks is None else len(kept.hooks),
        "comments": one.comments.enabled,
        "missing": standing.missing,
    }


def show(found: list[dict[str, Any]], format_: OutputFormat) -> None:
    """Print the rows."""
    if format_ is OutputFormat.JSON:
        print_json(found)
        return
    for row in found:
        out.print(safe(f"{row['id']}  {row['tracker']}  {row['site']}: {row['state']}"), style="bold")
        what = ", ".join(row["projects"]) or "all projects that the token sees"
        out.print(safe(f"    {counted(row['items'], 'item')} of {what}; {row['age']}"))
        if row["reason"]:
            out.print(safe(f"    {row['reason']}"))
    if not found:
        out.print(NONE)


async def check(configuration: Configuration, settings: Settings, name: str | None) -> list[Check]:
    """Open all sites, or the one of this name, and return what is to say of each."""
    wanted = configuration.whole_connections() if name is None else (configuration.connection(name),)
    found = await check_sites(wanted, settings, SystemClock())
    return [check for one in wanted for check in found[one.id]]


async def confirm(place: Workplace, configuration: Configuration, name: str) -> int:
    """Confirm that what disappeared is gone; return how many items that are."""
    return await confirm_missing(place.room("connectors"), configuration.connection(name).id)
