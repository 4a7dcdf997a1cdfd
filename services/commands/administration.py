"""The commands of operations: topics, migrate, reseed, dead-letters, token."""

from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from services.commands import operating
from services.commands.assembly import builders, chosen
from services.commands.output import FormatOption, OutputFormat, one_sentence_a_fault, out, print_json
from services.commands.start import run, settings_for
from services.commands.workplace import Workplace, workplace
from services.runtime.clock import SystemClock
from services.runtime.room import RoomContext
from services.runtime.tokens import Role

T = TypeVar("T")

HomeOption = Annotated[Path | None, typer.Option("--home", help="The folder that holds all state; else LEEWAY_HOME.")]

dead_letters = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Input and notifications that were set aside."
)
token = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tokens of the HTTP API.")


def _with_place(home: Path | None, work: Callable[[Workplace], Awaitable[T]], *, create: bool = False) -> T:
    settings, clock = settings_for(home), SystemClock()

    async def inside() -> T:
        async with workplace(settings, clock, create=create) as place:
            return await work(place)

    return run(inside())


def show_topics(home: Path | None, format_: OutputFormat, *, create: bool) -> None:
    """Print the wiring table; make the topics first if asked to."""
    if create:
        _with_place(home, operating.create_topics)
    rows = operating.topic_rows()
    if format_ is OutputFormat.JSON:
        print_json(rows)
        return
    for row in rows:
        out.print(f"{row['topic']}", style="bold")
        out.print(f"    {row['payload']} by {row['key']}, kept: {row['kept']}")
        out.print(f"    {', '.join(row['writers'])} -> {', '.join(row['readers'])}")


def installed_version() -> str:
    """Return the version that is installed; source that is run without being installed has none."""
    try:
        return version("leeway")
    except PackageNotFoundError:
        return "not installed, run from source"


def migrate_schemas(home: Path | None) -> tuple[str, ...]:
    """Bring the schemas up to date."""
    return _with_place(home, operating.migrate_all, create=True)


def reseed(room: str, home: Path | None) -> None:
    """Have a room publish its current state again."""
    build = chosen(builders(), room)

    async def work(place: Workplace) -> None:
        bus = await place.bus_of(room)
        context = RoomContext(place.settings, place.clock, place.room(room), bus)
        try:
            await operating.reseed_room(build(context))
        finally:
            await bus.stop()

    _with_place(home, work)


@dead_letters.command("list", epilog="Example: leeway dead-letters list --room mapper")
@one_sentence_a_fault
def list_dead_letters(
    room: Annotated[str | None, typer.Option(help="Only this room's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    home: HomeOption = None,
    format_: FormatOption = OutputFormat.TEXT,
) -> None:
    """List what was set aside: records, lines of exports, and notifications that were given up."""
    rows = _with_place(home, lambda place: operating.set_aside_rows(place, room, limit))
    if format_ is OutputFormat.JSON:
        print_json(rows)
        return
    for row in rows:
        out.print(f"{row['room']} {row['id']}: {row['origin']}: {row['reason']}")
    out.print(f"{len(rows)} set aside.")


@dead_letters.command("replay", epilog="Example: leeway dead-letters replay --room notifier")
@one_sentence_a_fault
def replay_dead_letters(
    room: Annotated[str, typer.Option(help="The room whose input is tried again.")],
    ids: Annotated[list[int] | None, typer.Argument(help="Only these; else all of the room's.")] = None,
    home: HomeOption = None,
) -> None:
    """Try again what was set aside: records go to their topics, notifications to their receivers."""
    count = _with_place(home, lambda place: operating.replay_dead_letters(place, room, ids))
    out.print(f"{count} tried again.")


@token.command("create", epilog="Example: leeway token create --role viewer --name wallboard")
@one_sentence_a_fault
def create_token(
    role: Annotated[Role, typer.Option(help="What it may do.")],
    name: Annotated[str, typer.Option(help="Who will use it.")],
    days: Annotated[int | None, typer.Option(min=1, help="It expires after so many days.")] = None,
    home: HomeOption = None,
) -> None:
    """Make a token and print it, this once."""
    out.print(_with_place(home, lambda place: operating.create_token(place, name, role, days)))


@token.command("list", epilog="Example: leeway token list")
@one_sentence_a_fault
def list_tokens(home: HomeOption = None, format_: FormatOption = OutputFormat.TEXT) -> None:
    """List the tokens, without themselves."""
    tokens = _with_place(home, operating.list_tokens)
    if format_ is OutputFormat.JSON:
        print_json([vars(one) for one in tokens])
        return
    for one in tokens:
        state = "revoked" if one.revoked_at else f"expires {one.expires_at:%Y-%m-%d}" if one.expires_at else "valid"
        out.print(f"{one.id}  {one.role:<9}  {one.name}  {state}")


@token.command("revoke", epilog="Example: leeway token revoke 3")
@one_sentence_a_fault
def revoke_token(
    number: Annotated[int, typer.Argument(help="Its number in `leeway token list`.")], home: HomeOption = None
) -> None:
    """End a token for good."""
    _with_place(home, lambda place: operating.revoke_token(place, number))
    out.print(f"Token {number} is revoked.")
