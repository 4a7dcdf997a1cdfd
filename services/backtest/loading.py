"""Exports become the past: what each day brought, item by item.

Promise: an item on a day is what `leeway replay` makes of it as of that day's moment, because the same mapping is
asked with that very moment.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from schemas.strategy import Strategy
from schemas.work_items import Tracker, WorkItem
from services.backtest.days import Days
from services.backtest.moments import moments_of
from services.backtest.states import News, State, state_of
from services.connectors.export.index import ExportIndex
from services.connectors.export.lines import Problem
from services.connectors.export.survey import Entry, Survey, entries_of, survey
from services.connectors.mapped import Mapped, MappingOptions, Outcome, Telling
from services.connectors.pages import MAPPERS, MAX_BODY, written_of
from services.mapper.claims import CompiledStrategy
from services.runtime.errors import Misconfigured

Show = Callable[[str, int, int | None], None]

_MANY_PARTS: Final = 200
"""An item with fewer links, labels and so on is never too large for the bus, whatever they say."""
_SHOWN_EVERY: Final = 200


@dataclass(frozen=True)
class Past:
    """What each day brought, the first one all that was there by then; how many items there were in the end.

    `set_aside` lines of the exports cannot be used.
    """

    days: Days
    news: tuple[tuple[News, ...], ...]
    items: int
    set_aside: int

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """What the items are called in the end, by ref."""
        states = (one.state for news in self.news for one in news if one.state is not None)
        return {state.facts.ref: state.facts.key for state in states}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the past is read from: exports, the connection's name in their items' refs, and how to read them."""

    paths: tuple[Path, ...]
    site: str = "archive"
    options: MappingOptions = field(default_factory=MappingOptions)


def load(source: Source, days: Days, strategy: Strategy, show: Show) -> Past:
    """Read exports, mapped as `leeway replay` maps them. Raises `Misconfigured` if nothing of them is in these days."""
    found, options = survey(source.paths), source.options
    known = {**found.status_categories, **options.status_categories}
    twin_site = options.twin_site or source.site
    options = replace(options, status_categories=known, twin_site=twin_site, telling=Telling.MEANINGS)
    reader = _Reader(replace(source, options=options), days, CompiledStrategy(1, strategy), found.index)
    reader.read(found, show)
    if not reader.items:
        raise Misconfigured(
            f"The exports hold nothing from the days {days.first} to {days.last}: {reader.said()}; "
            "give other days with --from and --to."
        )
    return Past(days, tuple(map(tuple, reader.news)), reader.items, reader.set_aside)


class _Reader:
    """Reads one export after the other."""

    def __init__(self, source: Source, days: Days, strategy: CompiledStrategy, index: ExportIndex) -> None:
        self.news: list[list[News]] = [[] for _ in range(len(days))]
        self.items = 0
        self.set_aside = 0
        self._earliest: datetime | None = None
        self._source = source
        self._days = days
        self._strategy = strategy
        self._index = index

    def read(self, found: Survey, show: Show) -> None:
        """Read all of it."""
        for done, entry in enumerate(entries_of(self._source.paths, found), 1):
            if isinstance(entry, Problem):
                self.set_aside += 1
            else:
                self._add(entry)
            if done % _SHOWN_EVERY == 0:
                show("reading the exports", min(done, found.entries), found.entries)

    def said(self) -> str:
        """Return what they hold instead."""
        return "no usable item" if self._earliest is None else f"the first item is of {self._earliest:%Y-%m-%d}"

    def _add(self, entry: Entry) -> None:
        moments = moments_of(entry.tracker, entry.raw, self._source.options)
        begun = min(moments.changes, default=None)
        if begun is not None and self._days.reaching(begun) >= len(self._days):
            self._earliest = begun if self._earliest is None else min(begun, self._earliest)
            return
        changes = sorted(set(map(self._days.reaching, moments.changes)) or {0})
        brought = list(self._mapped(entry, [day for day in changes if day < len(self._days)]))
        if not any(state is not None for _, state in brought):
            self.set_aside += 1
            return
        self.items += 1
        self._tell(brought, moments.touches)

    def _mapped(self, entry: Entry, days: Sequence[int]) -> Iterator[tuple[int, State | None]]:
        """Give the days at which the item is another one than before, with its state; without one it cannot be told."""
        before: State | None = None
        site, options = self._source.site, self._source.options
        for day in days:
            outcome = MAPPERS[entry.tracker](entry.raw, site, self._days.moment(day), options)
            state = self._state(entry.tracker, outcome)
            if state == before:
                continue
            yield day, state
            before = state

    def _state(self, tracker: Tracker, outcome: Outcome) -> State | None:
        if not isinstance(outcome, Mapped):
            return None
        if tracker is Tracker.JIRA:
            changes = tuple(map(self._index.placed_change, outcome.changes))
            outcome = replace(outcome, item=self._index.placed(outcome.item), changes=changes)
        if _parts(outcome.item) > _MANY_PARTS and len(written_of(tracker, outcome).body) > MAX_BODY:
            return None
        return state_of(outcome.item, outcome.changes, self._strategy)

    def _tell(self, brought: Sequence[tuple[int, State | None]], touches: Iterable[datetime]) -> None:
        """Put the states, and the touches between them, on their days."""
        states = dict(brought)
        touched_on = {self._days.reaching(touch): touch for touch in sorted(touches)}
        ref = next(state.facts.ref for state in states.values() if state is not None)
        touched: datetime | None = None
        for day in sorted(day for day in {*states, *touched_on} if day < len(self._days)):
            if day in states:
                state = states[day]
                touched = None if state is None else state.facts.touched
                self.news[day].append(News(ref, state))
            elif touched is not None and touched_on[day] > touched:
                touched = touched_on[day]
                self.news[day].append(News(ref, touched=touched))


def _parts(item: WorkItem) -> int:
    several: tuple[Any, ...] = (item.links, item.dependencies, item.labels, item.components, item.fix_versions,
                                item.twins, item.sections, item.other_projects, item.custom_fields)  # fmt: skip
    return sum(map(len, several))
