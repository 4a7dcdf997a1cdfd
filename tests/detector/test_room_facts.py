"""What SQL reads of random items with histories, twins, epics and measurements is what a plain look comes to."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import text

from schemas.aligned_items import Alignment
from schemas.measurements import KeyResultMeasured
from schemas.work_items import (
    Absence,
    Actor,
    ChangeAspect,
    ChangeKind,
    ItemType,
    Link,
    LinkDirection,
    Resolution,
    StatusCategory,
    Twin,
    WorkItem,
    WorkItemChange,
)
from services.detector import measurements_store
from services.detector.groups import read_teams
from services.detector.history import row_of
from services.detector.history_store import ALIGNED_PREFIX, PLANNED_PREFIX, keep_changes
from services.detector.key_results import read_key_results
from services.detector.neighbourhood import read_neighbourhoods
from services.detector.objectives import read_objectives
from services.detector.policy import compile_strategy
from services.detector.shares import read_shares
from tests.builders import ref_of, work_item
from tests.detector.brute import Placed, World
from tests.detector.made import strategy
from tests.detector.room import STARTED, Room, aligned_all

SIZE: Final = 40
NAMES: Final = ("Ana", "Bo", "ANA", None)
KEY_RESULTS: Final = [{"id": "sales", "title": "Sales"}, {"id": "slow", "title": "Slow", "lag_days": 20}]
STRATEGY: Final = strategy(
    bets=[{"id": "trust", "statement": "Trust sells", "budget": 0.5}],
    people=[{"id": "ana", "name": "Ana"}],
    teams=[{"id": "app", "members": ["bo"]}, {"id": "tokyo", "calendar": "tokyo", "members": ["ana"]}],
    objectives=[
        {"id": "easy", "title": "Easy", "team": "app", "bet": "trust", "key_results": KEY_RESULTS},
        {"id": "safe", "title": "Safe", "team": "tokyo", "baseline_on": "2026-05-18"},
    ],
    capacity=[{"id": "bugs", "share": [0.1, 0.2]}],
)
CONTEXT: Final = compile_strategy(STRATEGY)
SERVES_SINCE: Final = text(
    "UPDATE items SET aligned_at = (SELECT CASE WHEN NOT starts_with(change_id, 'aligned:strategy:') THEN at END "
    "FROM changes c WHERE c.ref = items.ref AND aspect = 'objective' ORDER BY at DESC LIMIT 1)"
)
"""As storing one version of an item after the other would have come to."""
STATES: Final = tuple(category.value for category in StatusCategory)


class Making:
    """Random items, each with a past that leads to what it is now."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 -- repeatable
        self.changes: list[WorkItemChange] = []
        self.placed = [self._placed(number) for number in range(SIZE)]
        self.measured = [self._measured() for _ in range(12)]

    def world(self) -> World:
        return World(self.placed, CONTEXT, STARTED, self.changes, self.measured)

    def _day(self, most: float) -> datetime:
        return STARTED - timedelta(days=self.chance.uniform(0, most))

    def _past(self, ref: str, aspect: ChangeAspect, values: list[str | None], since: datetime) -> str | None:
        """Lay out how the aspect came to what it is; return that."""
        seen = "seen:" if self.chance.random() < 0.3 else ""
        if aspect is ChangeAspect.OBJECTIVE:
            seen = self.chance.choice((ALIGNED_PREFIX, PLANNED_PREFIX))
        said = [self.chance.choice(values) for _ in range(self.chance.choice((1, 1, 2, 3, 4)))]
        moments = sorted(since + (STARTED - since) * self.chance.random() for _ in said[1:])
        for number, (was, becomes, at) in enumerate(zip(said, said[1:], moments, strict=False)):
            self.changes.append(WorkItemChange(
                ref=ref, key="K", change_id=f"{seen}{aspect}{number}", kind=ChangeKind.FIELD, field=aspect.value,
                aspect=aspect, was=was, becomes=becomes, at=at,
            ))  # fmt: skip
        return said[-1]

    def _placed(self, number: int) -> Placed:
        chance, tracker = self.chance, "asana" if number % 4 == 0 else "jira"
        ref, created = ref_of(number, tracker=tracker), self._day(70)
        status = StatusCategory(self._past(ref, ChangeAspect.STATUS, list(STATES), created) or "todo")
        due = self._past(ref, ChangeAspect.DUE, [None, "2026-06-10", "2026-07-01", "2026-07-20"], created)
        owner = self._past(ref, ChangeAspect.ASSIGNEE, list(NAMES), created)
        kind = chance.choice((ItemType.TASK, ItemType.TASK, ItemType.EPIC, ItemType.SUBTASK))
        fields: dict[str, Any] = {
            "ref": ref, "created": created, "touched": self._day((STARTED - created).days), "type": kind,
            "type_name": chance.choice(("Task", "Task", "Spike", "Escalation")), "status_category": status,
            "due": due, "assignee": Actor(id=owner, name=owner) if owner else None,
            "parent": self._other(0.3), "epic": self._other(0.3), "twins": self._twins(tracker),
            "labels": chance.choice(((), ("night",), ("escalation",), ("DISCOVERY",))),
            "links": tuple(Link(type="Relates", direction=LinkDirection.INWARD, ref=far)
                           for far in (self._other(0.5), self._other(0.5)) if far),
            "visible": chance.random() < 0.9, "absence": chance.choice((None, *Absence)),
        }  # fmt: skip
        if status is not StatusCategory.TODO and chance.random() < 0.8:
            fields["started"] = created + (STARTED - created) * chance.uniform(0, 0.5)
        if status is StatusCategory.DONE:
            fields["done"] = created + (STARTED - created) * chance.uniform(0.5, 1)
            fields["resolution"] = chance.choice((None, *Resolution))
            fields["resolution_name"] = chance.choice((None, "Done", "Won't Do"))
        item: WorkItem = work_item(number, **fields)
        objective = self._past(ref, ChangeAspect.OBJECTIVE, [None, "easy", "safe"], created)
        return Placed(item, chance.choice(("app", "tokyo", "gulf")), Alignment(objective=objective), self._category())

    def _category(self) -> str | None:
        return self.chance.choice((None, "bugs"))

    def _other(self, odds: float) -> str | None:
        number = self.chance.randrange(SIZE)
        tracker = "asana" if number % 4 == 0 else "jira"
        return ref_of(number, tracker=tracker) if self.chance.random() < odds else None

    def _twins(self, tracker: str) -> tuple[Twin, ...]:
        if self.chance.random() < 0.6:
            return ()
        other = "jira" if tracker == "asana" else "asana"
        number = self.chance.randrange(SIZE)
        if self.chance.random() < 0.5:
            return (Twin(tracker=other, key=f"APP-{number}"),)
        return (Twin(tracker=other, ref=ref_of(number, tracker=other)),)

    def _measured(self) -> KeyResultMeasured:
        name = self.chance.choice(("sales", "slow"))
        return KeyResultMeasured(
            key_result=f"key-result:easy/{name}", measured_at=self._day(90), source="api", value=self.chance.random()
        )


async def fill(room: Room, making: Making) -> None:
    """Store everything, judged by the strategy."""
    await room.apply(STRATEGY)
    await room.database.run(lambda conn: keep_changes(conn, [row_of(one) for one in making.changes]))
    async with room.database.transaction() as conn:
        for one in making.measured:
            await measurements_store.keep(conn, one)
    whole = zip(aligned_all(making.placed), making.placed, strict=True)
    await room.store(*(one.model_copy(update={"category": placed.category}) for one, placed in whole))
    async with room.database.transaction() as conn:
        await conn.execute(SERVES_SINCE)


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_read_is_what_a_plain_look_comes_to(room: Room, seed: int) -> None:
    making = Making(seed)
    await fill(room, making)
    await room.settle()
    world = making.world()
    async with room.database.transaction() as conn:
        around = await read_neighbourhoods(conn, sorted(world.items), CONTEXT)
        teams = await read_teams(conn, ["app", "tokyo", "gulf"], CONTEXT, STARTED)
        objectives = await read_objectives(conn, ["easy", "safe"], CONTEXT, STARTED)
        key_results = await read_key_results(conn, ["easy", "safe"], CONTEXT, STARTED)
        shares = await read_shares(conn, CONTEXT, STARTED)
    expected = {one.item.ref: one for one in world.neighbourhoods()}
    assert {ref: _sorted(one) for ref, one in around.items()} == {ref: _sorted(one) for ref, one in expected.items()}
    assert {name: _sorted(one) for name, one in teams.items()} == {one.team: _sorted(one) for one in world.teams()}
    assert objectives == {one.objective: one for one in world.objectives()}
    assert key_results == {"easy": tuple(world.key_results())}
    days = world.shares()
    assert {one.subject: one.total for one in shares} == {share: total for share, (_, total) in days.items()}
    assert [one.item_days for one in shares] == pytest.approx([days[one.subject][0] for one in shares])


def _sorted(facts: Any) -> dict[str, Any]:
    """Return the facts by field; blockers and those that wait have no order of their own."""
    unordered = ("blockers", "waiting")
    values = {name: getattr(facts, name) for name in facts.__slots__}
    return {name: sorted(map(str, value)) if name in unordered else value for name, value in values.items()}
