"""The commands of connections: `init` makes one, `connections` looks after them."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.work_items import Tracker
from services.commands import connections as deeds
from services.commands.describing import Wanted
from services.commands.init import init
from services.commands.inspecting import at_home, print_checks
from services.commands.output import EXIT_FOUND, FormatOption, OutputFormat, counted, one_sentence_a_fault, out
from services.commands.questions import NoQuestions, Prompts
from services.commands.start import configuration_for, run, settings_for
from services.runtime.clock import SystemClock
from services.runtime.connections import JiraKind

HomeOption = Annotated[Path | None, typer.Option("--home", help="The folder that holds all state; else LEEWAY_HOME.")]


@one_sentence_a_fault
def connect(  # noqa: PLR0917 -- options are parameters, and the command line names each of them
    tracker: Annotated[Tracker | None, typer.Option(help="jira or asana.")] = None,
    url: Annotated[str | None, typer.Option(help="The site's address; Asana's own where nothing is said.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Asana: the workspace's name or gid.")] = None,
    kind: Annotated[JiraKind | None, typer.Option(help="Jira: cloud or datacenter.")] = None,
    user: Annotated[str | None, typer.Option(help="Jira Cloud: the e-mail of the token's account.")] = None,
    token_secret: Annotated[
        str | None, typer.Option(metavar="NAME", help="The token is in LEEWAY_SECRET_<NAME>, or in its _FILE.")
    ] = None,
    project: Annotated[list[str] | None, typer.Option(help="Read this one; again for more; else all.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="What the connection is called.")] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="A file with the authority to trust, PEM.")] = None,
    proxy: Annotated[str | None, typer.Option(help="The proxy to go through.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; what is left out has its default.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Renew the connection and write the strategy anew.")] = False,
    config_out: Annotated[Path | None, typer.Option(help="Else LEEWAY_CONFIGURATION, else leeway.yaml.")] = None,
    strategy_out: Annotated[Path, typer.Option(help="The strategy to draft or to add to.")] = Path("strategy.yaml"),
    strategy: Annotated[bool, typer.Option("--strategy/--no-strategy", help="Whether to draft one.")] = True,
    home: HomeOption = None,
) -> None:
    """Connect a Jira or an Asana: check the token, show how its items are read, draft a strategy from what is there."""
    settings = settings_for(home, log_level="error")
    wanted = Wanted(
        config_out or settings.configuration, strategy_out if strategy else None, tracker, id_, url, workspace, kind,
        user, token_secret, tuple(project or ()), tls_ca, proxy, force,
    )  # fmt: skip
    run(init(wanted, NoQuestions() if yes else Prompts(), settings, SystemClock()))


connections = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The sites that are read.")


@connections.command("list", epilog="Example: leeway connections list --format json")
@one_sentence_a_fault
def list_connections(home: HomeOption = None, format_: FormatOption = OutputFormat.TEXT) -> None:
    """List the connections: state, age of data, what is read."""
    configuration = configuration_for(settings_for(home))
    deeds.show(at_home(home, lambda place: deeds.rows(place, configuration)), format_)


@connections.command("check", epilog="Example: leeway connections check jira")
@one_sentence_a_fault
def check_connections(
    name: Annotated[str | None, typer.Argument(metavar="ID", help="Only this one.")] = None,
    home: HomeOption = None,
    format_: FormatOption = OutputFormat.TEXT,
) -> None:
    """Open each site now and say what is wrong. Needs nothing but the configuration. Exit code 1 if anything is."""
    settings = settings_for(home, log_level="error")
    found = run(deeds.check(configuration_for(settings), settings, name))
    if not found and format_ is OutputFormat.TEXT:
        out.print(deeds.NONE)
    if not print_checks(found, format_):
        raise typer.Exit(EXIT_FOUND)


@connections.command("confirm", epilog="Example: leeway connections confirm jira")
@one_sentence_a_fault
def confirm_gone(
    name: Annotated[str, typer.Argument(metavar="ID", help="The connection whose items disappeared.")],
    home: HomeOption = None,
) -> None:
    """Say that items which disappeared all at once are really gone, so that they may be marked so."""
    configuration = configuration_for(settings_for(home))
    count = at_home(home, lambda place: deeds.confirm(place, configuration, name))
    out.print(f"{counted(count, 'item')} of `{name}` may be marked as gone; the next census does it.")
