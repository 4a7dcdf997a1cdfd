"""Who is judged after a change: whoever some rule could say something of, and everybody whose facts it touches."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas.connections import ConnectionReported, ConnectionState
from schemas.marks import MarkKind
from schemas.work_items import ItemType, Link, LinkDirection, StatusCategory, Tracker, Twin, WorkItem
from services.detector import connections_copy, rows
from services.detector.facts import ItemFacts
from services.detector.spreading import spread
from tests.builders import ref_of, work_item
from tests.detector.made import strategy
from tests.detector.past import kept, on_agenda
from tests.detector.room import STARTED, Room, aligned
from tests.detector.rule_sets import only

TASK = ref_of(70, tracker="asana")
Watching = Callable[[Callable[[ItemFacts], bool]], None]


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Watching:
    """Have only those items be watched of which this holds; of none, as long as nothing is said."""

    def watch(watches: Callable[[ItemFacts], bool]) -> None:
        monkeypatch.setattr(rows, "is_watched", watches)

    watch(lambda _: False)
    return watch


@pytest.fixture
async def ready(room: Room, watching: Watching) -> Room:  # noqa: ARG001 -- nobody is watched but by a test's own rule
    """A room without any finding, so that nobody is judged for one."""
    await room.apply(strategy(only()))
    await room.settle()
    return room


def twin(ref: str | None = None, key: str | None = None, tracker: Tracker = Tracker.ASANA) -> tuple[Twin, ...]:
    return (Twin(tracker=tracker, ref=ref, key=key),)


def task(number: int = 70, key: str = "T-70", **fields: Any) -> WorkItem:
    return work_item(number, ref=ref_of(number, tracker="asana"), key=key, **fields)


async def known(room: Room, *items: WorkItem) -> None:
    """Store items and judge them."""
    await room.store(*(aligned(item, number) for number, item in enumerate(items, 1)))
    await room.settle()


async def stirred(room: Room, *items: WorkItem, revision: int = 100) -> set[str]:
    """Return the items that are to be judged because these were stored."""
    await room.store(*(aligned(item, revision + number) for number, item in enumerate(items)))
    while await room.database.run(spread):
        pass
    return {subject for subject in await on_agenda(room.database) if subject.startswith(("jira:", "asana:"))}


async def test_an_item_of_which_no_rule_could_say_anything_is_not_judged(ready: Room) -> None:
    assert await stirred(ready, work_item(1)) == set()


async def test_an_item_that_a_rule_watches_is_judged(ready: Room, watching: Watching) -> None:
    """A rule's own file says so: nothing else names the type."""
    watching(lambda item: item.type_name == "Decision")
    assert await stirred(ready, work_item(1, type_name="Decision"), work_item(2)) == {ref_of(1)}


async def test_a_dependency_has_its_open_ends_judged_and_no_other(ready: Room) -> None:
    closed = {"status_category": StatusCategory.DONE}
    await known(ready, work_item(1, **closed), work_item(2, blocked_by=[1]), work_item(3, blocked_by=[1], **closed))
    assert await stirred(ready, work_item(1, title="Renamed", **closed)) == {ref_of(2)}
    assert await stirred(ready, work_item(1, title="Renamed"), revision=200) == {ref_of(1), ref_of(2)}


async def test_an_item_that_no_rule_watches_any_more_is_not_judged(ready: Room, watching: Watching) -> None:
    watching(lambda item: item.type_name == "Decision")
    await known(ready, work_item(1, type_name="Decision"))
    assert await stirred(ready, work_item(1, title="Renamed")) == set()


async def test_all_watched_items_are_judged_when_a_strategy_says_something_else_of_all(
    ready: Room, watching: Watching
) -> None:
    watching(lambda item: item.type_name == "Decision")
    await known(ready, work_item(1, type_name="Decision"), work_item(2), work_item(3, blocked_by=[4]), task())
    await ready.store(aligned(work_item(5, twins=twin(key="T-70")), 50))
    await ready.settle()
    await ready.apply(strategy(only() | {"stale_after_working_days": 2}), 2)
    await ready.mark("strategy:2", MarkKind.STRATEGY)
    found = {subject for subject in await on_agenda(ready.database) if subject.startswith(("jira:", "asana:"))}
    assert found == {ref_of(1), ref_of(3), ref_of(5), TASK}


async def test_all_watched_items_of_a_connection_are_judged_when_it_turns(ready: Room, watching: Watching) -> None:
    watching(lambda item: item.type_name == "Decision")
    elsewhere = work_item(9, site="other", type_name="Decision")
    await known(ready, work_item(1, type_name="Decision"), work_item(2), elsewhere)
    report = ConnectionReported(
        connection="archive", state=ConnectionState.CONNECTED, revision=1, at=STARTED, last_success=STARTED
    )
    await ready.database.run(lambda conn: connections_copy.keep(conn, report))
    await ready.database.run(lambda conn: connections_copy.turn(conn, "archive", is_blind=True))
    found = {subject for subject in await on_agenda(ready.database) if subject.startswith("jira:")}
    assert found == {ref_of(1)}


@pytest.mark.parametrize("told", [twin(ref=TASK), twin(key="T-70")], ids=["by ref", "by key"])
async def test_a_change_of_an_item_has_the_twin_judged_that_it_names(ready: Room, told: tuple[Twin, ...]) -> None:
    await known(ready, task(), work_item(1, twins=told))
    assert await stirred(ready, work_item(1, twins=told, title="Renamed")) == {ref_of(1), TASK}


@pytest.mark.parametrize("told", [twin(ref=TASK), twin(key="T-70")], ids=["by ref", "by key"])
async def test_a_change_of_an_item_has_the_twin_judged_that_names_it(ready: Room, told: tuple[Twin, ...]) -> None:
    await known(ready, task(), work_item(1, twins=told))
    assert await stirred(ready, task(title="Renamed")) == {ref_of(1), TASK}


@pytest.mark.parametrize("told", [twin(ref=TASK), twin(key="T-70")], ids=["by ref", "by key"])
async def test_a_twin_that_is_no_longer_named_hears_of_it(
    ready: Room, watching: Watching, told: tuple[Twin, ...]
) -> None:
    watching(lambda item: item.ref == TASK)
    await known(ready, task(), work_item(1, twins=told))
    assert await stirred(ready, work_item(1)) == {TASK}
    assert await kept(ready.database, "told_by", "twins", "1") == []


async def test_who_named_a_twin_by_a_key_that_it_no_longer_has_hears_of_it(ready: Room) -> None:
    await known(ready, task(), work_item(1, twins=twin(key="T-70")))
    assert await stirred(ready, task(key="T-71")) == {ref_of(1)}


async def test_a_key_of_the_other_tracker_is_no_twin(ready: Room) -> None:
    """`T-70` of Jira is another item than `T-70` of Asana."""
    await known(ready, task(), work_item(1, twins=twin(key="T-70", tracker=Tracker.JIRA)))
    assert await stirred(ready, task(title="Renamed")) == set()


async def test_a_change_of_a_child_has_its_epic_judged(ready: Room, watching: Watching) -> None:
    watching(lambda item: item.type is ItemType.EPIC)
    await known(ready, work_item(1, type=ItemType.EPIC), work_item(2, type=ItemType.EPIC))
    assert await stirred(ready, work_item(3, epic=ref_of(1)), work_item(4, parent=ref_of(2))) == {ref_of(1), ref_of(2)}


async def test_an_epic_that_loses_a_child_hears_of_it(ready: Room, watching: Watching) -> None:
    watching(lambda item: item.type is ItemType.EPIC)
    await known(ready, work_item(1, type=ItemType.EPIC), work_item(3, epic=ref_of(1)))
    assert await stirred(ready, work_item(3)) == {ref_of(1)}


async def test_a_change_of_what_an_epic_is_linked_to_has_the_epic_judged(ready: Room, watching: Watching) -> None:
    watching(lambda item: item.type is ItemType.EPIC)
    link = Link(type="Relates", direction=LinkDirection.OUTWARD, ref=ref_of(2))
    await known(ready, work_item(1, type=ItemType.EPIC, links=(link,)), work_item(2), work_item(3, links=(link,)))
    assert await stirred(ready, work_item(2, title="Renamed")) == {ref_of(1)}


async def test_what_nobody_watches_comes_onto_the_agenda_for_nothing_else(ready: Room) -> None:
    """A team, an objective and their items are apart: news of one item are no news of its neighbours in a team."""
    await known(ready, work_item(1), work_item(2))
    assert await stirred(ready, work_item(1, title="Renamed")) == set()
    assert "team:app" in await on_agenda(ready.database)
