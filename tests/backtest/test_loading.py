"""What is known of an item on a day is what the mapping says of it as of that day's moment, however it came about."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from schemas.strategy import Strategy
from services.backtest.days import Days
from services.backtest.loading import Source, load
from services.backtest.states import State, state_of
from services.connectors.export.survey import Entry, entries_of, survey
from services.connectors.mapped import Mapped, MappingOptions, Telling
from services.connectors.pages import MAPPERS
from services.mapper.claims import CompiledStrategy
from services.runtime.errors import Misconfigured
from tests.backtest.company import FIRST, LAST, strategy, write
from tests.backtest.past import load_past
from tests.connectors.shared_data import archive, shared


def known_on(paths: tuple[Path, ...], plan: Strategy, days: Days) -> list[dict[str, State]]:
    """Return what a load knows of each item on each day, touches between its states carried over."""
    known: dict[str, State] = {}
    found = []
    for news in load_past(paths, plan, days).news:
        for one in news:
            if one.state is not None:
                known[one.ref] = one.state
            elif one.touched is None:
                del known[one.ref]
            else:
                known[one.ref] = _touched(known[one.ref], one.touched)
        found.append(dict(known))
    return found


def _touched(state: State, at: datetime) -> State:
    return replace(state, facts=replace(state.facts, touched=at))


def mapped_on(paths: tuple[Path, ...], plan: Strategy, days: Days, day: int) -> dict[str, State]:
    """Return every item mapped as of the moment of this day."""
    found, compiled = survey(paths), CompiledStrategy(1, plan)
    options = MappingOptions(status_categories=found.status_categories, twin_site="archive", telling=Telling.MEANINGS)
    states = {}
    for entry in entries_of(paths, found):
        assert isinstance(entry, Entry)
        outcome = MAPPERS[entry.tracker](entry.raw, "archive", days.moment(day), options)
        if isinstance(outcome, Mapped):
            is_jira = entry.tracker == "jira"
            item = found.index.placed(outcome.item) if is_jira else outcome.item
            changes = map(found.index.placed_change, outcome.changes) if is_jira else outcome.changes
            states[item.ref] = state_of(item, changes, compiled)
    return states


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_histories_are_known_on_every_day_as_they_are_mapped(seed: int, tmp_path: Path) -> None:
    paths, plan, days = (write(tmp_path / "made.jsonl", seed),), strategy(), Days(FIRST, LAST)
    for day, known in enumerate(known_on(paths, plan, days)):
        assert known == mapped_on(paths, plan, days, day), days.day(day)


def test_real_issues_with_changelogs_are_known_on_every_day_as_they_are_mapped() -> None:
    paths, plan = shared("devlake-jira/issues.jsonl.gz"), strategy()
    days = Days(date(2020, 6, 1), date(2022, 8, 1))
    known = known_on(paths, plan, days)
    assert len(known[-1]) > 20
    for day in range(0, len(days), 21):
        assert known[day] == mapped_on(paths, plan, days, day), days.day(day)


def test_real_issues_without_changelogs_are_known_as_they_are_mapped() -> None:
    paths, plan = archive("MOD"), strategy()
    days = Days(date(2012, 1, 1), date(2019, 12, 31))
    known = known_on(paths, plan, days)
    for day in range(0, len(days), 101):
        assert known[day] == mapped_on(paths, plan, days, day), days.day(day)


def test_days_before_anything_was_are_refused_with_what_there_is(tmp_path: Path) -> None:
    path = write(tmp_path / "made.jsonl", 1)
    early = Days(date(2001, 1, 1), date(2001, 1, 31))
    with pytest.raises(Misconfigured, match=r"hold nothing from the days 2001-01-01 to 2001-01-31: the first item is"):
        load(Source((path,)), early, strategy(), lambda *_: None)


def test_an_item_is_there_from_the_first_day_whose_moment_knows_it(tmp_path: Path) -> None:
    days = Days(date(2026, 4, 19), LAST)
    for day, news in enumerate(load_past((write(tmp_path / "made.jsonl", 1),), strategy(), days).news):
        for one in news:
            if one.state is not None:
                assert one.state.facts.created <= days.moment(day)
                assert one.state.facts.touched <= days.moment(day)


def test_lines_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "made.jsonl", 1, issues=5, tasks=0)
    path.write_bytes(path.read_bytes() + b'\nno json\n{"id": "9", "key": "APP-9", "fields": {}}')
    past = load_past((path,), strategy(), Days(FIRST, LAST + timedelta(days=90)))
    assert (past.items, past.set_aside) == (5, 2)
