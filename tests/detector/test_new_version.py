"""Who is judged again by a new version of the strategy: all of whom it says something else, and nobody beside them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import text

from schemas.findings import FindingChanged
from schemas.marks import MarkKind
from schemas.strategy import Selector, Strategy
from schemas.work_items import StatusCategory
from services.detector.agenda import entering
from services.detector.versions import Differing, differing_between
from services.runtime.database import RoomDatabase
from tests.builders import ref_of, work_item
from tests.detector.made import ANSWERED, strategy
from tests.detector.past import kept, on_agenda
from tests.detector.room import RESOLVED, STARTED, Room, aligned
from tests.detector.rule_sets import only
from tests.detector.test_order import histories

EASY: Final = {"id": "easy", "title": "Buyers pay in one step", "team": "app"} | ANSWERED
SAFE: Final = {"id": "safe", "title": "No order is lost", "team": "pay", "baseline_on": "2026-05-04"} | ANSWERED
KEY_RESULT: Final = {"id": "kr", "title": "Fewer", "baseline": 9, "target": 1}
EVERYBODY: Final = text(
    entering("SELECT ref FROM items UNION SELECT 'team:' || team FROM items UNION SELECT 'objective:' || objective "
             "FROM items WHERE objective IS NOT NULL UNION SELECT 'cycle:' || ref FROM cycle_members")
)  # fmt: skip


def teams(**others: Mapping[str, Any]) -> dict[str, Any]:
    """Return the teams with other fields of some of them."""
    known = {one.id: one.model_dump(exclude_defaults=True) for one in strategy().teams}
    return {"teams": [{"id": name} | known.get(name, {}) | dict(others.get(name, {})) for name in known | others]}


CHANGES: Final[Mapping[str, Callable[[], Strategy]]] = {
    "nothing": strategy,
    "all count otherwise": lambda: strategy({"stale_after_working_days": 2, "stalled_after_working_days": 30}),
    "a team counts otherwise": lambda: strategy(**teams(app={"policy": {"stale_after_working_days": 40}})),
    "a team is waited for longer": lambda: strategy(**teams(pay={"policy": {"stalled_after_working_days": 200}})),
    "a team has other days": lambda: strategy(**teams(pay={"calendar": "gulf"}, tokyo={"calendar": "berlin"})),
    "a team is not told of what rests": lambda: strategy(**teams(app={"policy": {"rules": {"stale-work": "off"}}})),
    "a team is named": lambda: strategy(**teams(unnamed={"calendar": "tokyo"})),
    "a team is named no more": lambda: strategy(teams=teams()["teams"][1:]),
    "an objective is due": lambda: strategy(objectives=[EASY | {"due_on": "2026-06-18"}, SAFE]),
    "an objective counts otherwise": lambda: strategy(
        objectives=[EASY, SAFE | {"policy": {"stalled_after_working_days": 1, "due_within_working_days": 300}}]
    ),
    "an objective is led by others": lambda: strategy(objectives=[EASY | {"team": "gulf"}, SAFE]),
    "an objective is gone": lambda: strategy(objectives=[EASY]),
    "an objective is new": lambda: strategy(objectives=[EASY, SAFE, SAFE | {"id": "new", "owner": None}]),
    "a key result is new": lambda: strategy(objectives=[EASY | {"key_results": [KEY_RESULT]}, SAFE]),
    "the cycle is over sooner": lambda: strategy(cycle={"id": "c", "starts_on": "2026-05-01", "ends_on": "2026-06-30"}),
}


async def to_version(room: Room, new: Strategy, version: int) -> None:
    await room.apply(new, version)
    await room.mark(f"strategy:{version}", MarkKind.STRATEGY)


async def standing(room: Room) -> dict[str, object]:
    """Return every finding that stands with all that makes it what it is, and who is looked at when."""
    found = await room.findings()
    held: dict[str, object] = {
        one.fingerprint: (one.rule, one.state, one.severity, one.team, one.objective, one.evidence) for one in found
    }
    return held | dict(await kept(room.database, "subject, due", "agenda", "subject"))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("back", [False, True], ids=["to it", "and back"])
async def test_looking_at_everybody_after_a_new_version_finds_nothing_else(
    detector_database: RoomDatabase, change: str, back: bool
) -> None:
    room = Room(detector_database)
    versions: Sequence[Strategy] = (strategy(), CHANGES[change]())
    await room.apply(versions[back])
    await room.store(*histories(Random(change), 60))  # noqa: S311 -- repeatable
    await room.settle()
    await to_version(room, versions[not back], 2)
    await room.settle()
    held = await standing(room)
    assert len(held) > 10
    async with room.database.transaction() as conn:
        await conn.execute(EVERYBODY, {"flow": ""})
    await room.settle()
    assert await standing(room) == held


async def test_nobody_is_judged_for_work_that_only_changed_hands(room: Room) -> None:
    rests = work_item(1, status_category=StatusCategory.IN_PROGRESS, touched=STARTED - timedelta(days=30))
    await room.apply(strategy())
    await room.store(aligned(rests, 1, objective="easy"))
    await room.settle()
    owned = Selector(project="APP").model_dump(exclude_defaults=True)
    await to_version(room, strategy(**teams(pay={"owns": [owned]}), objectives=[EASY | {"work": [owned]}, SAFE]), 2)
    assert await on_agenda(room.database) == {"capacity:all"}
    assert await kept(room.database, "subject", "dirty", "id") == []


async def test_only_the_team_whose_numbers_are_others_is_judged_with_its_items(room: Room) -> None:
    items = [work_item(number, status_category=StatusCategory.IN_PROGRESS) for number in (1, 2)]
    await room.apply(strategy())
    await room.store(aligned(items[0], 1, team="app"), aligned(items[1], 2, team="tokyo", objective="safe"))
    await room.settle()
    await to_version(room, strategy(**teams(tokyo={"policy": {"stale_after_working_days": 2}})), 2)
    noted = {subject for (subject,) in await kept(room.database, "subject", "dirty", "id")}
    assert noted == {ref_of(2), "team:tokyo", "objective:safe"}


async def test_what_ends_for_another_reason_long_after_a_version_did_not_end_by_it(room: Room) -> None:
    rests = work_item(1, status_category=StatusCategory.IN_PROGRESS, touched=STARTED - timedelta(days=30))
    await room.apply(strategy(only("stale-work")))
    await room.store(aligned(rests, 1))
    await room.settle()
    await to_version(room, strategy(only("stale-work"), **teams(gulf={"lead": "ana"})), 2)
    await room.settle()
    assert await room.rules() == ["stale-work"]
    await room.store(aligned(rests.model_copy(update={"touched": STARTED}), 2, version=2))
    await room.settle()
    assert [one.resolved_because for one in await room.findings(RESOLVED)] == ["cleared"]


async def test_what_a_load_brought_is_told_with_it_though_a_version_comes_before_it_is_judged(room: Room) -> None:
    rests = work_item(1, status_category=StatusCategory.IN_PROGRESS, touched=STARTED - timedelta(days=30))
    await room.store(aligned(rests, 1, flow="load"))
    await room.mark("load")
    await room.settle()
    await room.apply(strategy(only("stale-work")))
    await to_version(room, strategy(only("stale-work") | {"stale_after_working_days": 2}), 2)
    await room.settle()
    assert {one.flow for one in await room.outbox() if isinstance(one, FindingChanged)} == {"load"}


def test_what_moves_items_alone_says_nothing_of_anybody() -> None:
    owned = Selector(project="APP").model_dump(exclude_defaults=True)
    shares = [{"id": "ktlo", "share": [0.1, 0.2]}]
    before = strategy(capacity=shares)
    after = strategy(capacity=[shares[0] | {"work": [owned]}], **teams(app={"owns": [owned]}))
    assert differing_between([before, after]) == Differing()


def test_another_days_calendar_a_bet_or_a_number_for_all_is_news_to_all() -> None:
    others = (
        strategy({"stale_after_working_days": 2}),
        strategy(calendars=[{"id": name} for name in ("berlin", "tokyo", "gulf")]),
        strategy(bets=[{"id": "grow", "statement": "Grow", "budget": 0.3}]),
        strategy(capacity=[{"id": "ktlo", "share": [0.1, 0.2]}]),
    )
    assert [differing_between([strategy(), other]) for other in others] == [None] * len(others)


def test_an_objective_is_judged_by_the_days_and_numbers_of_the_team_that_leads_it() -> None:
    after = strategy(**teams(pay={"calendar": "gulf"}))
    assert differing_between([strategy(), after]) == Differing(frozenset({"pay"}), frozenset({"safe"}))


def test_a_due_that_moved_and_came_back_in_a_version_that_never_held_has_moved() -> None:
    between = strategy(objectives=[EASY | {"due_on": "2026-09-01"}, SAFE])
    assert differing_between([strategy(), between, strategy()]) == Differing(objectives=frozenset({"easy"}))


def test_versions_that_say_the_same_differ_for_nobody() -> None:
    assert differing_between([strategy(), strategy(), strategy()]) == Differing()
