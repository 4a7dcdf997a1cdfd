"""When another set of rules begins to work, items that have rested for long are watched as these rules say."""

from collections.abc import Callable

import pytest

from services.detector import rows, watching
from services.detector.facts import ItemFacts
from services.detector.spreading import spread
from services.detector.watching import rule_set, watch_anew
from tests.builders import ref_of, work_item
from tests.detector.made import strategy
from tests.detector.past import kept, on_agenda
from tests.detector.room import Room, aligned
from tests.detector.rule_sets import only


def is_decision(item: ItemFacts) -> bool:
    return item.title == "Decision"


def watch(monkeypatch: pytest.MonkeyPatch, watches: Callable[[ItemFacts], bool]) -> None:
    """Have the process go by one rule that watches these items."""
    monkeypatch.setattr(rows, "is_watched", watches)
    monkeypatch.setattr(watching, "is_watched", watches)


@pytest.fixture
async def old(room: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    """A room with a decision and two stories, stored when no rule watched anything; pages hold two items."""
    monkeypatch.setattr(watching, "PAGE", 2)
    watch(monkeypatch, lambda _: False)
    await room.apply(strategy(only()))
    await watch_anew(room.database, "old")
    await room.store(*(aligned(work_item(number), number) for number in (1, 2)))
    await room.store(aligned(work_item(3, title="Decision"), 3))
    await room.settle()
    return room


async def test_a_new_rule_has_those_items_judged_that_it_watches(old: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(monkeypatch, is_decision)
    assert await watch_anew(old.database, "new") == 1
    await old.database.run(spread)
    assert {one for one in await on_agenda(old.database) if one.startswith("jira:")} == {ref_of(3)}


async def test_a_new_rule_has_teams_and_objectives_judged_those_without_items_too(old: Room) -> None:
    await watch_anew(old.database, "new")
    await old.database.run(spread)
    groups = {one for one in await on_agenda(old.database) if not one.startswith("jira:")}
    assert groups == {"team:app", "objective:easy", "objective:safe"}


async def test_items_that_the_new_rules_no_longer_watch_are_let_go(old: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(monkeypatch, is_decision)
    await watch_anew(old.database, "new")
    watch(monkeypatch, lambda item: not is_decision(item))
    assert await watch_anew(old.database, "newer") == 3
    assert await kept(old.database, "ref", "items WHERE watched", "1") == [(ref_of(1),), (ref_of(2),)]


async def test_the_same_rules_leave_everything_alone(old: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(monkeypatch, is_decision)
    assert await watch_anew(old.database, "old") == 0
    assert await kept(old.database, "subject", "dirty", "1") == []


def test_a_set_of_rules_is_told_by_version_and_names() -> None:
    assert rule_set().split()[1:][:2] == ["stalled-dependency", "dependency-date-conflict"]
