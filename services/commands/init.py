"""`leeway init`: one site is opened, shown as Leeway reads it, and written down: a connection, and a first strategy.

Promise: a file that is there is added to, never written over unless that was asked for; nothing but a typed token is
written before the last answer is given.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from schemas.work_items import Tracker
from services.commands.assembly import client_of
from services.commands.correcting import corrected
from services.commands.describing import AnyConnection, Described, Wanted, describe
from services.commands.init_writing import Answers, write
from services.commands.item_card import card, links_told, statuses_told
from services.commands.looking import Seen, items_of, look, telling
from services.commands.output import out, say
from services.commands.questions import Questions
from services.connectors.guessing import Guess, guess
from services.connectors.tracker import Scope, SiteFacts, TrackerClient
from services.notifier.channels.terminal.channel import safe
from services.runtime.clock import Clock
from services.runtime.configuration import Configuration, load_configuration
from services.runtime.errors import Misconfigured
from services.runtime.settings import Settings

BuildClient = Callable[[AnyConnection, str, Clock], TrackerClient]

CLOCK_OFF_SECONDS: Final = 60.0
KINDS: Final = {"cloud": "Jira Cloud", "datacenter": "Jira Data Center", "asana": "Asana"}


@dataclass(frozen=True, slots=True)
class _Opened:
    described: Described
    facts: SiteFacts
    scopes: tuple[Scope, ...]


async def init(
    wanted: Wanted, ask: Questions, settings: Settings, clock: Clock, *, build: BuildClient = client_of
) -> None:
    """Ask for a connection, look at its site, agree on how it is read, write the files, and say what comes next."""
    await _Init(wanted, ask, settings, clock, build).run()


class _Init:
    """One run of the command."""

    def __init__(
        self, wanted: Wanted, ask: Questions, settings: Settings, clock: Clock, build: BuildClient
    ) -> None:  # fmt: skip
        self._wanted = wanted
        self._ask = ask
        self._settings = settings
        self._clock = clock
        self._build = build
        self._configuration = load_configuration(wanted.config_out)

    async def run(self) -> None:
        opened = await self._opened()
        _introduce(opened.facts)
        if opened.facts.missing_scopes and not self._ask.yes("Go on without?"):
            raise Misconfigured("Nothing is written: give the token what it lacks, then run `leeway init` again.")
        connection = _chosen(self._ask, opened.described.connection, opened.scopes)
        described = replace(opened.described, connection=connection)
        answers = await self._agreed(described, _of(opened.scopes, connection))
        write(self._ask, self._wanted, answers, self._configuration, self._clock.now().date())

    async def _opened(self) -> _Opened:
        """Describe and open a connection; where somebody is there to ask, until it opens or they have had enough."""
        wanted = self._wanted
        while True:
            described = describe(self._ask, wanted, self._configuration, self._settings)
            try:
                async with self._client(described) as (client, facts):
                    return _Opened(described, facts, await client.scopes())
            except Misconfigured as fault:
                if not self._ask.asks:
                    raise
                say(str(fault))
                if not self._ask.yes("Answer again?"):
                    raise
                wanted = _once_more(wanted, described.connection)

    @asynccontextmanager
    async def _client(self, described: Described) -> AsyncIterator[tuple[TrackerClient, SiteFacts]]:
        """Give an opened client that reads as the engine will, with the bots and the twin site of the whole file."""
        connection = _whole(described.connection, self._configuration)
        client = self._build(connection, described.token, self._clock)
        try:
            yield client, await client.open()
        finally:
            await client.close()

    async def _agreed(self, described: Described, scopes: Sequence[Scope]) -> Answers:
        """Look and guess; then show how items are read, and ask, until it is right."""
        async with self._client(described) as (client, _):
            await client.scopes()
            seen, goals = await look(client, scopes), await client.goals()
        tracker = client.tracker
        found = guess(tracker, seen.catalogue, seen.raws)
        while True:
            described = replace(described, connection=_reading(described.connection, tracker, found))
            async with self._client(described) as (client, _):
                _show(client, seen, found)
            if not self._ask.asks or self._ask.yes("Is that right?"):
                return Answers(described, seen, goals)
            found = corrected(self._ask, tracker, found, seen.catalogue)


def _once_more(wanted: Wanted, connection: AnyConnection) -> Wanted:
    """Ask for everything but the tracker again; what was said before is what Enter gives."""
    before = connection.model_dump(mode="json")
    again = replace(wanted, tracker=Tracker(connection.tracker), before=before)
    return replace(again, url=None, workspace=None, user=None, kind=None, projects=())


def _introduce(facts: SiteFacts) -> None:
    kind = " ".join(filter(None, (KINDS.get(facts.kind, facts.kind), facts.version)))
    out.print(safe(f"{kind} lets us in as {facts.account_name}."))
    for sentence in facts.missing_scopes:
        out.print(safe(f"Missing: {sentence}"))
    off = facts.clock_off_seconds or 0.0
    if abs(off) > CLOCK_OFF_SECONDS:
        way = "ahead of" if off > 0 else "behind"
        out.print(f"This machine's clock is {abs(off):.0f} s {way} the site's: set it by a time server.")


def _chosen(ask: Questions, connection: AnyConnection, scopes: Sequence[Scope]) -> AnyConnection:
    """Return the connection with the projects that are to be read; none named means all, also those to come."""
    if not scopes:
        raise Misconfigured("The token sees no project: give its account access to those that Leeway is to read.")
    if connection.projects:
        return connection
    names = [safe(f"{scope.key}  {scope.name}" if scope.key else scope.name) for scope in scopes]
    places = ask.several("Which projects shall Leeway read?", names, "--project")
    return connection.model_copy(update={"projects": tuple(_word(scopes[place], scopes) for place in places)})


def _word(scope: Scope, scopes: Sequence[Scope]) -> str:
    """Return what names a project: its key, else its name, else its id where two have one name."""
    if scope.key:
        return scope.key
    return scope.name if [one.name for one in scopes].count(scope.name) == 1 else scope.id


def _of(scopes: Sequence[Scope], connection: AnyConnection) -> tuple[Scope, ...]:
    wanted = set(connection.projects)
    return tuple(one for one in scopes if not wanted or wanted & {one.id, one.key, one.name}) or tuple(scopes)


def _reading(connection: AnyConnection, tracker: Tracker, found: Guess) -> AnyConnection:
    links = found.dependency_links if tracker is Tracker.JIRA else None
    return connection.model_copy(update={"reading": found.reading, "dependency_links": links})


def _whole(connection: AnyConnection, configuration: Configuration) -> AnyConnection:
    """Return the connection as the configuration will have it, with its bots and its twin site."""
    others = tuple(one for one in configuration.connections if one.id != connection.id)
    return configuration.model_copy(update={"connections": (*others, connection)}).connection(connection.id)


def _show(client: TrackerClient, seen: Seen, found: Guess) -> None:
    shown = telling(items_of(client, seen.raws))
    if not shown:
        out.print("There are no items in these projects yet, so there is nothing to show.")
    for place, item in enumerate(shown):
        out.print("\nThis is how I read your items:" if place == 0 else "")
        out.print("\n".join(card(item, found.fields)))
    statuses = list(statuses_told(seen.catalogue, found.reading))
    if statuses:
        out.print("\n".join(["\nWhat statuses mean:", *statuses]))
    if seen.catalogue.link_types:
        links = list(links_told(seen.catalogue, found.dependency_links))
        out.print("\n".join(["\nWhich links are dependencies:", *links]))
        if not found.dependency_links:
            out.print("  none is, so nothing will be found to wait for anything")
