"""The `leeway` command: every command with its options. What each does lies in `services/commands/`."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from services.commands import administration, connecting
from services.commands.output import (
    EXIT_FOUND,
    EXIT_MISCONFIGURED,
    FormatOption,
    OutputFormat,
    counted,
    one_sentence_a_fault,
    out,
    print_json,
    steps,
)
from services.commands.times import parse_instant

app = typer.Typer(
    name="leeway",
    help="Says where the work has drifted from the strategy, and which dependency nobody is moving.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help and plain errors, the same on a terminal and in a log
)

StrategyPath = Annotated[Path, typer.Argument(metavar="STRATEGY", help="The strategy file.")]
ExportPaths = Annotated[
    list[Path], typer.Argument(metavar="EXPORT", help="Exports: .jsonl, .jsonl.gz or a JSON array.")
]
HomeOption = Annotated[Path | None, typer.Option("--home", help="The folder that holds all state; else LEEWAY_HOME.")]
SiteOption = Annotated[str, typer.Option("--site", help="The connection's name in the items' refs.")]
SeverityOption = Annotated[
    str | None, typer.Option("--fail-on", help="Exit with 1 if there is a finding of this severity or worse.")
]


@app.command(epilog="Example: leeway demo --seed 7", short_help="Let a made-up company's quarter go by.")
@one_sentence_a_fault
def demo(seed: Annotated[int, typer.Option(help="Another number, another quarter.")] = 1) -> None:
    """Let a made-up company's quarter go by, and show each alert as it fires."""
    from services.commands.demo import demo as play
    from services.commands.start import run, settings_for

    run(play(settings_for(log_level="error"), seed))


@app.command(
    epilog="Example: leeway check strategy.yaml --export issues.jsonl.gz",
    short_help="Say what is wrong in a strategy file.",
)
@one_sentence_a_fault
def check(
    strategy: Annotated[Path | None, typer.Argument(metavar="STRATEGY", help="The strategy file.")] = None,
    export: Annotated[list[Path] | None, typer.Option(help="Warn of selectors that match nothing in it.")] = None,
    site: SiteOption = "archive",
    policy: Annotated[bool, typer.Option("--policy", help="List every policy field and end.")] = False,
    format_: FormatOption = OutputFormat.TEXT,
) -> None:
    """Say what is wrong in a strategy file, with its line and what to write instead. Exit code 2 if anything is."""
    from services.commands import checking

    if policy:
        checking.show_policy(format_)
    elif strategy is None:
        raise typer.BadParameter("give the strategy file, or --policy", param_hint="STRATEGY")
    elif checking.has_errors(strategy, export or [], site, format_):
        raise typer.Exit(EXIT_MISCONFIGURED)


@app.command(
    epilog="Example: leeway apply strategy.yaml --author ana", short_help="Make a strategy the one that holds."
)
@one_sentence_a_fault
def apply(
    strategy: StrategyPath,
    author: Annotated[str | None, typer.Option(help="Who stands behind it; else who is logged in.")] = None,
    home: HomeOption = None,
) -> None:
    """Make a strategy the one that holds; an equal one again changes nothing."""
    from services.commands.checking import apply_file

    applied = apply_file(strategy, author or getpass.getuser(), home)
    out.print(f"Version {applied.version} of the strategy {'is applied' if applied.changed else 'held already'}.")


app.command(
    "init",
    short_help="Connect a Jira or an Asana, and draft a strategy from it.",
    epilog="Example: leeway init --tracker jira --url https://example.atlassian.net --user ana@example.com",
)(connecting.connect)


@app.command(epilog="Example: leeway up", short_help="Run all rooms, with parts of their own if need be.")
@one_sentence_a_fault
def up(home: HomeOption = None) -> None:
    """Run all rooms in this process, with an embedded broker and database for what is not configured."""
    from services.commands import serving
    from services.commands.start import configuration_for, run, settings_for
    from services.runtime.clock import SystemClock

    settings = settings_for(home, log_level="info")
    run(serving.up(settings, configuration_for(settings), SystemClock()))


@app.command("run", epilog="Example: leeway run detector", short_help="Run one room.")
@one_sentence_a_fault
def run_one(room: Annotated[str, typer.Argument(help="connectors, mapper, detector or notifier.")]) -> None:
    """Run one room, on your Kafka and PostgreSQL or on those of a running `leeway up`."""
    from services.commands import serving
    from services.commands.start import configuration_for, run, settings_for
    from services.runtime.clock import SystemClock

    settings = settings_for(log_level="info")
    run(serving.run_room(room, settings, configuration_for(settings), SystemClock()))


@app.command(
    short_help="Run the main job on exports, as of one instant.",
    epilog="Example: leeway replay issues.jsonl.gz --strategy strategy.yaml --as-of 2026-06-15T12:00:00Z --format json",
)
@one_sentence_a_fault
def replay(
    exports: ExportPaths,
    strategy: Annotated[Path, typer.Option(help="The strategy file.")],
    as_of: Annotated[str, typer.Option(help="Where time is held: an instant with its zone.")],
    site: SiteOption = "archive",
    format_: FormatOption = OutputFormat.TEXT,
    deliver_to: Annotated[str | None, typer.Option(help="Send each alert there as a signed webhook.")] = None,
    deliver_timeout: Annotated[float, typer.Option(min=0, help="Seconds until what is not sent is parked.")] = 60.0,
    home: Annotated[Path | None, typer.Option(help="Keep all state here, and go on with it next time.")] = None,
    fail_on: SeverityOption = None,
) -> None:
    """Run the main job on exports, through the real broker, database and rooms, with time held at one instant."""
    from services.commands import inspecting
    from services.commands.checking import sound_strategy
    from services.commands.replaying import ReplayRequest
    from services.commands.replaying import replay as play
    from services.commands.start import configuration_for, run, settings_for

    worst = inspecting.threshold(fail_on)
    at = parse_instant(as_of, "--as-of")
    settings = settings_for(log_level="error")
    request = ReplayRequest(tuple(exports), sound_strategy(strategy), at, site, home, deliver_to, deliver_timeout)
    with steps() as show:
        result = run(play(request, settings, configuration_for(settings), show))
    inspecting.print_replay(result, format_)
    inspecting.exit_on(result.findings, worst)


@app.command(
    short_help="Say what the rules would have found on each day of a past.",
    epilog="Example: leeway backtest issues.jsonl.gz --strategy strategy.yaml --from 2026-01-01 --to 2026-06-30 "
    "--set stalled_after_working_days=7",
)
@one_sentence_a_fault
def backtest(
    exports: ExportPaths,
    strategy: Annotated[Path, typer.Option(help="The strategy file.")],
    first: Annotated[str, typer.Option("--from", help="The first day, as in 2026-01-31.")],
    last: Annotated[str, typer.Option("--to", help="The last day.")],
    at: Annotated[str, typer.Option(help="The time of day at which each is judged, in UTC.")] = "12:00",
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; may be given again.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Try a policy beside it: name=value.")] = None,
    measurements: Annotated[Path | None, typer.Option(help="Of key results, as `measure --csv` takes them.")] = None,
    site: SiteOption = "archive",
    format_: FormatOption = OutputFormat.TEXT,
) -> None:
    """Say what the rules would have found on each day of a past, and what another policy would have changed."""
    from services.commands import backtesting
    from services.commands.assembly import mapping_options
    from services.commands.backtest_report import print_backtest
    from services.commands.checking import sound_strategy
    from services.commands.start import configuration_for, settings_for

    days, rules = backtesting.days_of(first, last, at), backtesting.rules_of(rule or ())
    changed = backtesting.changed_policy(set_ or ())
    options = mapping_options(configuration_for(settings_for(log_level="error")))
    request = backtesting.BacktestRequest(
        tuple(exports), sound_strategy(strategy), days, rules, changed, measurements, site
    )
    with steps() as show:
        result = backtesting.backtest(request, options, show)
    print_backtest(result, format_)


@app.command(epilog="Example: leeway findings --severity high --format json")
@one_sentence_a_fault
def findings(
    rule: Annotated[str | None, typer.Option(help="Only this rule.")] = None,
    team: Annotated[str | None, typer.Option(help="Only what this team must act on.")] = None,
    objective: Annotated[str | None, typer.Option(help="Only this objective.")] = None,
    severity: Annotated[str | None, typer.Option(help="Only this severity.")] = None,
    state: Annotated[str | None, typer.Option(help="open, unknown or resolved; else all that stand.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Tell them as of this instant; else as of now.")] = None,
    home: HomeOption = None,
    format_: FormatOption = OutputFormat.TEXT,
    fail_on: SeverityOption = None,
) -> None:
    """List the findings that stand."""
    from services.commands import inspecting

    worst = inspecting.threshold(fail_on)
    wanted = inspecting.wanted(rule, team, objective, severity, state)
    found = inspecting.findings_at(home, wanted, as_of)
    inspecting.print_list(found, format_)
    inspecting.exit_on(found, worst)


@app.command(epilog="Example: leeway explain 3fa9c1", short_help="Show one finding with its evidence.")
@one_sentence_a_fault
def explain(
    fingerprint: Annotated[str, typer.Argument(help="The finding's fingerprint, or its beginning.")],
    as_of: Annotated[str | None, typer.Option(help="Tell it as of this instant; else as of now.")] = None,
    home: HomeOption = None,
    format_: FormatOption = OutputFormat.TEXT,
) -> None:
    """Show one finding: its evidence in order, the rule's conditions with their numbers, what would clear it."""
    from services.commands import asking, inspecting

    asking.print_whole(asking.explain(home, fingerprint, inspecting.instant(as_of), as_of), format_)


@app.command(
    "why-not",
    epilog="Example: leeway why-not stalled-dependency PLAT-7 GROW-121",
    short_help="Say which condition of a rule does not hold.",
)
@one_sentence_a_fault
def why_not(
    rule: Annotated[str, typer.Argument(help="The rule's name, as in `leeway findings`.")],
    subject: Annotated[list[str], typer.Argument(help="An item's key, two for a pair; or as in objective:<id>.")],
    as_of: Annotated[str | None, typer.Option(help="Ask as of this instant; else as of now.")] = None,
    home: HomeOption = None,
    format_: FormatOption = OutputFormat.TEXT,
) -> None:
    """Say which condition of a rule does not hold for a subject, with its numbers, and when that could change."""
    from services.commands import asking, inspecting

    asking.print_answers(asking.why_not(home, rule, subject, inspecting.instant(as_of)), format_)


@app.command(
    epilog="Example: leeway measure onboarding/ttfv 31.5 --confidence 0.6",
    short_help="Keep a measurement of a key result, or a file of them.",
)
@one_sentence_a_fault
def measure(
    key_result: Annotated[str | None, typer.Argument(help="<objective>/<key result>, as in the strategy.")] = None,
    value: Annotated[float | None, typer.Argument(help="In the key result's unit.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Instead: key_result,measured_at,value[,confidence,...].")] = None,
    at: Annotated[str | None, typer.Option(help="When it was measured: an instant with its zone; else now.")] = None,
    confidence: Annotated[float | None, typer.Option(help="From 0 to 1, kept apart from progress.")] = None,
    note: Annotated[str | None, typer.Option(help="What people should know of it.")] = None,
    by: Annotated[str | None, typer.Option(help="Who measured it; else who is logged in.")] = None,
    source: Annotated[str, typer.Option(help="Where the number comes from.")] = "command",
    home: HomeOption = None,
) -> None:
    """Keep a measurement of a key result, or a CSV file of them; the same one again replaces what it said."""
    from services.commands import measuring
    from services.runtime.clock import SystemClock

    now = SystemClock().now()
    if csv is not None and key_result is None:
        lines = measuring.lines_of(csv)
    elif csv is None and key_result is not None and value is not None:
        moment = None if at is None else parse_instant(at, "--at")
        lines = measuring.typed(
            key_result=key_result, value=value, measured_at=moment, confidence=confidence, note=note, source=source,
            by=by or getpass.getuser(),
        )  # fmt: skip
    else:
        raise typer.BadParameter("give a key result and its value, or --csv FILE", param_hint="KEY_RESULT")
    out.print(f"{counted(measuring.keep(lines, home, now), 'measurement')} kept.")


@app.command(epilog="Example: leeway forecast payments", short_help="Say when objectives may be done.")
@one_sentence_a_fault
def forecast(
    objective: Annotated[str | None, typer.Argument(metavar="OBJECTIVE", help="Only this, with its history.")] = None,
    home: HomeOption = None,
    format_: FormatOption = OutputFormat.TEXT,
) -> None:
    """Say when each objective may be done, how likely its due is kept and what moves it most; or why none can say."""
    from services.commands import forecasting

    if objective is None:
        forecasting.print_all(forecasting.forecasts_at(home), format_)
    else:
        forecasting.print_one(forecasting.forecasts_of(home, objective), format_)


@app.command(epilog="Example: leeway doctor --format json", short_help="Say what is wrong with this installation.")
@one_sentence_a_fault
def doctor(home: HomeOption = None, format_: FormatOption = OutputFormat.TEXT) -> None:
    """Say what is wrong with this installation, and what to do about it. Exit code 1 if anything is."""
    from services.commands import inspecting

    if not inspecting.is_healthy(home, format_):
        raise typer.Exit(EXIT_FOUND)


@app.command(epilog="Example: leeway topics --create", short_help="List the topics, or make them.")
@one_sentence_a_fault
def topics(
    create: Annotated[bool, typer.Option("--create", help="Make those that are missing on the broker.")] = False,
    home: HomeOption = None,
    format_: FormatOption = OutputFormat.TEXT,
) -> None:
    """List the topics: key, payload, writers, readers, and how long they are kept."""
    administration.show_topics(home, format_, create=create)


@app.command(epilog="Example: leeway migrate")
@one_sentence_a_fault
def migrate(home: HomeOption = None) -> None:
    """Bring the database's schemas up to date."""
    out.print(f"Up to date: {', '.join(administration.migrate_schemas(home))}.")


@app.command(epilog="Example: leeway reseed mapper", short_help="Publish a room's current state again.")
@one_sentence_a_fault
def reseed(
    room: Annotated[str, typer.Argument(help="The room whose topics are to be written again.")],
    home: HomeOption = None,
) -> None:
    """Publish a room's current state again, after its topics were lost or are to be filled anew."""
    administration.reseed(room, home)
    out.print(f"The {room} has published its current state again.")


app.add_typer(connecting.connections, name="connections")


@app.command(
    epilog="Example: leeway sandbox --jira-port 8001 --asana-port 8002 --live 0.01",
    short_help="Serve stand-ins for Jira and Asana.",
)
@one_sentence_a_fault
def sandbox(
    jira_port: Annotated[int, typer.Option(help="The port of Jira; 0 means a free one.")] = 0,
    asana_port: Annotated[int, typer.Option(help="The port of Asana; 0 means a free one.")] = 0,
    jira_kind: Annotated[str, typer.Option(help="cloud or datacenter.")] = "cloud",
    load: Annotated[list[Path] | None, typer.Option(help="Serve these Jira exports, and no made-up company.")] = None,
    load_as: Annotated[str | None, typer.Option(help="Serve them as jira, asana or both; else as jira.")] = None,
    seed: Annotated[int, typer.Option(help="Another number, another company.")] = 1,
    items: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many items the company has.")] = 800,
    live: Annotated[float, typer.Option(min=0, max=100, help="People go on working: so many days a second.")] = 0.0,
    tls: Annotated[bool, typer.Option("--tls", help="Serve https, with a throw-away authority.")] = False,
) -> None:
    """Serve stand-ins for Jira and Asana on this machine, with a made-up company in them, until you end it."""
    from services.commands import sandbox as stand_ins
    from services.commands.start import run, settings_for
    from services.runtime.clock import SystemClock

    kind, form = stand_ins.kind_named(jira_kind), stand_ins.form_named(load_as)
    settings_for(log_level="error")
    wanted = stand_ins.Wanted(jira_port, asana_port, kind, load or [], form, seed, items, live, tls)
    run(stand_ins.serve(wanted, SystemClock()))


app.add_typer(administration.dead_letters, name="dead-letters")
app.add_typer(administration.token, name="token")


@app.command(epilog="Example: leeway version")
def version(format_: FormatOption = OutputFormat.TEXT) -> None:
    """Print the version."""
    text = administration.installed_version()
    if format_ is OutputFormat.JSON:
        print_json({"version": text})
    else:
        out.print(text)


def main() -> None:
    """Run the command line."""
    app(prog_name="leeway")


if __name__ == "__main__":
    main()
