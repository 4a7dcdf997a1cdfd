"""What a load brings is judged after its mark; a mark goes on after what is judged; a strategy waits for its own."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.aligned_items import ItemAligned
from schemas.findings import FindingChanged, FindingState, FindingTransition
from schemas.marks import MarkKind
from schemas.strategy import Objective, Strategy
from schemas.work_items import ItemType, StatusCategory
from services.detector.context import Context
from services.detector.facts import ObjectiveFacts
from services.detector.objectives import read_objectives
from tests.builders import work_item
from tests.detector import made
from tests.detector.room import RESOLVED, STARTED, Room, aligned
from tests.detector.rule_sets import REFERENCED, only

OLD = STARTED - timedelta(days=60)
BLOCKER = work_item(1, created=OLD, assignee=None)
DEPENDENT = work_item(2, created=OLD, blocked_by=[1])


def strategy(policy: dict[str, object] | None = None) -> Strategy:
    return made.strategy(only(*REFERENCED) | (policy or {}))


async def load(room: Room, flow: str | None = "load") -> None:
    await room.store(aligned(BLOCKER, 1, flow=flow), aligned(DEPENDENT, 2, team="pay", flow=flow))


async def test_nothing_of_a_load_is_judged_before_its_mark(room: Room) -> None:
    await room.apply(strategy())
    await load(room)
    await room.settle()
    assert await room.findings() == []
    await room.mark("load")
    await room.settle()
    assert await room.rules() == ["stalled-dependency", "unowned-blocker"]


async def test_the_mark_goes_on_after_every_finding_that_it_let_be_judged(room: Room) -> None:
    await room.apply(strategy())
    await load(room)
    await room.mark("load")
    await room.settle()
    said = await room.said()
    assert sorted(said[:-1]) == ["opened stalled-dependency", "opened unowned-blocker"]
    assert said[-1] == "mark load"


async def test_a_finding_names_the_load_that_brought_it(room: Room) -> None:
    await room.apply(strategy())
    await load(room)
    await room.mark("load")
    await room.settle()
    flows = {one.flow for one in await room.outbox() if isinstance(one, FindingChanged)}
    assert flows == {"load"}


async def test_what_a_load_touches_is_left_alone_even_when_somebody_else_asks(room: Room) -> None:
    """A live event on the dependent would have the blocker judged, whose sub-tasks may not be here yet."""
    await room.apply(strategy())
    await load(room)
    await room.store(aligned(DEPENDENT.model_copy(update={"title": "Renamed"}), 3, team="pay"))
    await room.settle()
    assert await room.findings() == []
    await room.store(aligned(work_item(3, type=ItemType.SUBTASK, parent=BLOCKER.ref, touched=STARTED), 4, flow="load"))
    await room.mark("load")
    await room.settle()
    assert await room.rules() == ["unowned-blocker"]


async def test_a_team_is_not_judged_on_half_a_load_when_a_strategy_comes_in_its_midst(room: Room) -> None:
    def working(number: int, objective: str | None) -> ItemAligned:
        item = work_item(number, status_category=StatusCategory.IN_PROGRESS, touched=STARTED)
        return aligned(item, number, objective=objective, flow="load")

    await room.store(*(working(number, None) for number in range(1, 6)))
    await room.apply(strategy())
    await room.settle()
    assert await room.said() == []
    await room.store(*(working(number, "quick-start") for number in range(6, 40)))
    await room.mark("load")
    await room.settle()
    assert await room.said() == ["mark load"]


async def test_what_a_load_brings_while_an_objective_is_being_judged_is_not_judged_before_its_mark(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read_late(
        conn: AsyncConnection, names: list[str], context: Context, now: datetime
    ) -> dict[str, ObjectiveFacts]:
        await room.store(aligned(work_item(1, created=OLD), 1, objective="easy", flow="load"))
        return await read_objectives(conn, names, context, now)

    monkeypatch.setattr("services.detector.group_rounds.read_objectives", read_late)
    await room.apply(strategy())
    await room.settle()
    assert await room.said() == []
    await room.store(aligned(work_item(2, touched=STARTED), 2, objective="easy", flow="load"))
    await room.mark("load")
    await room.settle()
    assert await room.said() == ["mark load"]


async def test_a_drain_lets_everything_be_judged(room: Room) -> None:
    await room.apply(strategy())
    await load(room, "never finished")
    await room.mark("drain", MarkKind.DRAIN)
    await room.settle()
    assert len(await room.findings()) == 2


async def test_nothing_is_judged_and_no_mark_goes_on_before_there_is_a_strategy(room: Room) -> None:
    await load(room)
    await room.mark("load")
    await room.settle()
    assert await room.said() == []
    await room.apply(strategy())
    await room.settle()
    assert (await room.said())[-1] == "mark load"


async def test_equal_content_with_a_new_revision_is_no_news(room: Room) -> None:
    await room.apply(strategy())
    assert await room.store(aligned(BLOCKER, 1), aligned(DEPENDENT, 2)) == 2
    assert await room.store(aligned(BLOCKER, 3), aligned(DEPENDENT, 4)) == 0


async def test_an_older_revision_changes_nothing(room: Room) -> None:
    await room.apply(strategy())
    await room.store(aligned(BLOCKER, 5), aligned(DEPENDENT, 6, team="pay"))
    await room.settle()
    said = await room.said()
    assert await room.store(aligned(BLOCKER.model_copy(update={"touched": STARTED}), 4)) == 0
    await room.settle()
    assert await room.said() == said


async def test_a_night_going_by_updates_nothing_and_the_words_grow(room: Room) -> None:
    await room.apply(strategy())
    await load(room, None)
    await room.settle()
    said, before = await room.said(), await room.findings()
    room.clock.move_to(STARTED + timedelta(days=1))
    await room.settle()
    assert await room.said() == said
    after = await room.findings()
    assert before[0].why != after[0].why or before[0].title != after[0].title


async def test_a_finding_resolves_with_its_reason_and_opens_again_with_a_higher_revision(room: Room) -> None:
    await room.apply(strategy())
    await load(room, None)
    await room.settle()
    owned = BLOCKER.model_copy(update={"assignee": DEPENDENT.assignee, "touched": STARTED})
    await room.store(aligned(owned, 3))
    await room.settle()
    assert {one.resolved_because for one in await room.findings(RESOLVED)} == {"cleared"}
    await room.store(aligned(BLOCKER, 4))
    await room.settle()
    told = [one for one in await room.outbox() if isinstance(one, FindingChanged)]
    assert [one.transition for one in told] == [FindingTransition.OPENED] * 2 + [FindingTransition.RESOLVED] * 2 + [
        FindingTransition.OPENED
    ] * 2
    assert [one.revision for one in told] == sorted({one.revision for one in told})


async def test_a_done_item_is_the_reason_why_its_findings_resolve(room: Room) -> None:
    await room.apply(strategy())
    await load(room, None)
    await room.settle()
    await room.store(aligned(BLOCKER.model_copy(update={"status_category": StatusCategory.DONE, "done": STARTED}), 3))
    await room.settle()
    resolved = await room.findings(RESOLVED)
    assert {one.resolved_because for one in resolved} == {"item done"}
    assert {one.state for one in resolved} == {FindingState.RESOLVED}


async def test_a_new_strategy_judges_only_after_its_mark(room: Room) -> None:
    await room.apply(strategy())
    await load(room, None)
    await room.settle()
    await room.apply(strategy({"stalled_after_working_days": 500}), 2)
    await room.settle()
    assert "stalled-dependency" in await room.rules()
    await room.mark("strategy:2", MarkKind.STRATEGY)
    await room.settle()
    assert await room.rules() == ["unowned-blocker"]
    (gone,) = await room.findings(RESOLVED)
    assert gone.resolved_because == "strategy changed"


async def test_what_a_coming_strategy_has_moved_is_judged_when_it_holds_and_says_so(room: Room) -> None:
    begun = StatusCategory.IN_PROGRESS
    items = [work_item(number, status_category=begun, created=OLD, touched=OLD) for number in range(1, 7)]
    await room.apply(strategy())
    await room.store(*(aligned(item, number, objective="easy") for number, item in enumerate(items, 1)))
    await room.settle()
    assert set(await room.rules()) == {"objective-idle", "stale-work"}
    await room.apply(strategy(), version=2)
    moved = [aligned(item, number, objective=None, version=2) for number, item in enumerate(items, 11)]
    await room.store(*moved[:3])
    await room.mark("drain", MarkKind.DRAIN)
    await room.settle()
    assert await room.findings(RESOLVED) == []
    assert "unaligned-work" not in await room.rules()
    assert "mark drain" not in await room.said()
    await room.store(*moved[3:])
    await room.mark("strategy:2", MarkKind.STRATEGY)
    await room.settle()
    (idle,) = await room.findings(RESOLVED)
    assert (idle.rule, idle.resolved_because) == ("objective-idle", "strategy changed")
    assert set(await room.rules()) == {"stale-work", "unaligned-work"}
    assert {one.flow for one in await room.outbox() if isinstance(one, FindingChanged)} == {None}
    assert {"mark drain", "mark strategy:2"} <= set(await room.said())
    await room.store(*(aligned(item.model_copy(update={"touched": STARTED}), 20 + n) for n, item in enumerate(items)))
    await room.settle()
    assert {one.resolved_because for one in await room.findings(RESOLVED) if one.rule == "stale-work"} == {"cleared"}


async def test_what_a_version_has_moved_that_was_passed_over_is_judged_by_the_next(room: Room) -> None:
    item = work_item(1, status_category=StatusCategory.IN_PROGRESS, created=OLD, touched=OLD)
    await room.apply(strategy())
    await room.store(aligned(item, 1))
    await room.settle()
    await room.apply(strategy(), version=3)
    await room.mark("strategy:3", MarkKind.STRATEGY)
    await room.store(aligned(item.model_copy(update={"touched": STARTED}), 2, version=2))
    await room.settle()
    assert await room.rules() == []
    assert (await room.left())["dirty"] == 0


async def test_a_strategys_mark_may_come_before_the_strategy(room: Room) -> None:
    """They come on two topics. The mark waits, so that nobody takes the old verdicts for the new ones."""
    await room.apply(strategy())
    await load(room, None)
    await room.mark("strategy:2", MarkKind.STRATEGY)
    await room.settle()
    assert "mark strategy:2" not in await room.said()
    await room.apply(strategy({"stalled_after_working_days": 500}), 2)
    await room.settle()
    assert await room.rules() == ["unowned-blocker"]
    assert (await room.said())[-1] == "mark strategy:2"


async def test_findings_of_an_objective_that_is_gone_resolve(room: Room) -> None:
    await room.apply(strategy())
    await room.store(aligned(BLOCKER, 1, objective="easy"))
    await room.settle()
    assert "objective-idle" in await room.rules()
    left = tuple(one for one in strategy().objectives if one.id == "safe")
    changed = strategy().model_copy(update={"objectives": (*left, Objective(id="other", title="Other", team="app"))})
    await room.apply(changed, 2)
    await room.mark("strategy:2", MarkKind.STRATEGY)
    await room.settle()
    assert "objective-idle" not in await room.rules()
    assert {one.resolved_because for one in await room.findings(RESOLVED)} == {"strategy changed"}


async def test_a_cycle_is_told_once_and_again_when_it_grows(room: Room) -> None:
    await room.apply(strategy())
    ring = [work_item(1, blocked_by=[2]), work_item(2, blocked_by=[1])]
    await room.store(*(aligned(item, number) for number, item in enumerate(ring, 1)))
    await room.settle()
    (small,) = [one for one in await room.findings() if one.rule == "dependency-cycle"]
    await room.store(aligned(work_item(3, blocked_by=[1], blocks=[2]), 3))
    await room.settle()
    (large,) = [one for one in await room.findings() if one.rule == "dependency-cycle"]
    assert [len(one.subjects) for one in (small, large)] == [2, 3]
    await room.store(aligned(work_item(3), 4))
    await room.settle()
    (back,) = [one for one in await room.findings() if one.rule == "dependency-cycle"]
    assert back.fingerprint == small.fingerprint


async def test_a_rule_that_is_switched_off_leaves_no_finding_behind_not_even_an_unknown_one(room: Room) -> None:
    await room.apply(made.strategy(only("unowned-blocker")), version=1)
    await load(room, flow=None)
    await room.settle()
    await room.store(aligned(BLOCKER.model_copy(update={"visible": False}), 3))
    await room.settle()
    assert [one.state for one in await room.findings()] == [FindingState.UNKNOWN]
    await room.apply(made.strategy(only()), version=2)
    await room.mark("strategy:2", MarkKind.STRATEGY)
    await room.settle()
    assert await room.findings() == []
    (over,) = await room.findings(RESOLVED)
    assert over.resolved_because == "strategy changed"
