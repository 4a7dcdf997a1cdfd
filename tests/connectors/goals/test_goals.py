"""Goals measure the key results that name them: each measurement is told once, whichever of the two came first."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from schemas.measurements import KeyResultMeasured
from schemas.strategy import StrategyApplied
from schemas.topics import MEASUREMENTS, STRATEGY
from schemas.work_items import Tracker
from services.connectors.goals import LOOK_SECONDS, GoalReader, seed_measurements
from services.connectors.queries_beside import GoalProblem, UnnamedGoal, goal_problems, unnamed_goals
from services.connectors.strategy_copy import named_goals, strategy_handler
from services.runtime.bus import Batch, Record
from services.runtime.database import RoomDatabase
from services.runtime.errors import Misconfigured, Transient
from tests.connectors.fake_site import FakeSite, asana_settings, jira_settings, linked, rows_of
from tests.connectors.goals.plans import FILLED, LATE, MEASURED, applied, goal
from tests.connectors.recording import RecordingBus

LATER = MEASURED + timedelta(hours=3)


class Desk:
    """Goals of a site, and strategies that come."""

    def __init__(self, room: RoomDatabase, bus: RecordingBus) -> None:
        self.room = room
        self.bus = bus
        self.site = FakeSite(Tracker.ASANA)
        self.reader = GoalReader(linked(room, bus, self.site))
        self.woken = 0
        self._offset = 0

    async def apply(self, *versions: StrategyApplied | bytes) -> None:
        records = []
        for one in versions:
            self._offset += 1
            value = one if isinstance(one, bytes) else one.model_dump_json().encode()
            records.append(Record(STRATEGY, 0, self._offset, "strategy", "leeway.strategy-applied.v1", value, ()))
        await strategy_handler(self.room, self.bus, self._wake)(Batch(tuple(records)))

    async def read(self, *goals: Any) -> int:
        self.site.held_goals = list(goals)
        return await self.reader.read()

    async def told(self) -> list[tuple[str, float, Any, str]]:
        """Return what is in the outbox, in order, and empty it."""
        rows = await rows_of(
            self.room, "DELETE FROM outbox WHERE topic = 'leeway.measurements' RETURNING id, key, body"
        )
        payloads = [(key, KeyResultMeasured.read(bytes(body))) for _, key, body in sorted(rows)]
        assert all(key == one.key_result for key, one in payloads)
        return [(one.key_result, one.value, one.measured_at, one.source) for _, one in payloads]

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def desk(room: RoomDatabase, bus: RecordingBus) -> Desk:
    return Desk(room, bus)


async def test_a_value_is_told_once_and_again_when_it_or_its_time_changes(desk: Desk) -> None:
    await desk.apply(applied(filled="5001"))
    await desk.read(goal())
    assert await desk.told() == [(FILLED, 40.0, MEASURED, "asana-goal:5001")]
    assert await desk.read(goal()) == 0
    await desk.read(goal(value=45.0, at=LATER))
    await desk.read(goal(value=45.0, at=LATER + timedelta(days=1)))
    assert [(value, at) for _, value, at, _ in await desk.told()] == [
        (45.0, LATER),
        (45.0, LATER + timedelta(days=1)),
    ]


async def test_a_strategy_that_names_a_known_goal_gets_its_value_at_once(desk: Desk) -> None:
    await desk.read(goal(), goal("5002", 7.0))
    assert await desk.told() == []
    await desk.apply(applied(filled="5001"))
    assert [row[:2] for row in await desk.told()] == [(FILLED, 40.0)]
    await desk.apply(applied(2, filled="5001", late="5002"))
    assert [row[:2] for row in await desk.told()] == [(LATE, 7.0)], "what was told is not told again"
    assert desk.woken == 2


async def test_a_key_result_that_names_another_goal_is_measured_by_that_one(desk: Desk) -> None:
    await desk.read(goal(), goal("5002", 7.0))
    await desk.apply(applied(filled="5001"))
    await desk.apply(applied(2, filled="5002"))
    await desk.apply(applied(3, filled=None))
    await desk.read(goal(value=1.0), goal("5002", 2.0))
    assert [row[1:4:2] for row in await desk.told()] == [(40.0, "asana-goal:5001"), (7.0, "asana-goal:5002")]


async def test_two_key_results_may_name_one_goal(desk: Desk) -> None:
    await desk.apply(applied(filled="5001", late="5001"))
    await desk.read(goal())
    assert sorted(row[0] for row in await desk.told()) == [FILLED, LATE]


async def test_an_older_version_and_the_same_again_change_nothing(desk: Desk) -> None:
    await desk.read(goal(), goal("5002", 7.0))
    await desk.apply(applied(2, filled="5001"), applied(1, filled="5002"), applied(2, filled="5002"))
    assert [row[3] for row in await desk.told()] == ["asana-goal:5001"]


async def test_a_goal_without_its_time_counts_from_when_its_value_was_first_seen(desk: Desk) -> None:
    await desk.apply(applied(filled="5001"))
    first = desk.bus.clock.now()
    await desk.read(goal(at=None))
    desk.bus.clock.move_to(first + timedelta(hours=1))  # type: ignore[attr-defined]
    await desk.read(goal(at=None))
    await desk.read(goal(value=41.0, at=None))
    assert [(value, at) for _, value, at, _ in await desk.told()] == [(40.0, first), (41.0, first + timedelta(hours=1))]


async def test_of_two_connections_that_see_a_goal_the_newer_measurement_counts(desk: Desk) -> None:
    other = FakeSite(Tracker.ASANA, held_goals=[goal(value=50.0, at=LATER)])
    reader = GoalReader(linked(desk.room, desk.bus, other, asana_settings(id="sales")))
    await desk.apply(applied(filled="5001"))
    await desk.read(goal())
    await reader.read()
    await desk.read(goal())
    await reader.read()
    assert [row[1] for row in await desk.told()] == [40.0, 50.0]


async def test_a_strategy_and_goals_that_come_at_the_same_time_miss_nothing(desk: Desk) -> None:
    for round_ in range(1, 11):
        gid = f"60{round_:02}"
        await asyncio.gather(desk.apply(applied(round_, filled=gid)), desk.read(goal(gid, float(round_))))
    assert [row[1] for row in await desk.told()] == [float(round_) for round_ in range(1, 11)]


async def test_the_same_measurement_has_the_same_id_each_time(desk: Desk, room: RoomDatabase) -> None:
    await desk.apply(applied(filled="5001"))
    await desk.read(goal())
    ((first, body),) = await rows_of(room, "SELECT event_id, body FROM outbox")
    async with room.transaction() as conn:
        await seed_measurements(conn, desk.bus)
    (again,) = desk.bus.log
    assert (again.topic, again.key, again.event.id, again.event.body) == (MEASUREMENTS, FILLED, first, bytes(body))
    assert first == f"{FILLED}@{MEASURED.isoformat()}#asana-goal:5001"


async def test_a_goal_that_is_named_and_not_there_or_without_a_metric_is_told(desk: Desk, room: RoomDatabase) -> None:
    await desk.apply(applied(filled="5001", late="5999", open="5002"))
    await desk.read(goal(), goal("5002", None), goal("5003", 1.0, url="https://asana.example/5003"))
    async with room.transaction() as conn:
        problems, unnamed = await goal_problems(conn), await unnamed_goals(conn)
    assert [(one.key_result, one.goal) for one in problems] == [(LATE, "5999"), ("key-result:grow/open", "5002")]
    assert "no connection sees a goal 5999" in problems[0].reason
    assert "Goal 5002 (5002) has no metric" in problems[1].reason
    assert unnamed == [UnnamedGoal("marketing", "5003", "Goal 5003", "https://asana.example/5003")]
    await desk.read()
    async with room.transaction() as conn:
        assert len(await goal_problems(conn)) == 3
        assert await unnamed_goals(conn) == []
    assert isinstance(problems[0], GoalProblem)


async def test_goals_are_read_at_the_start_and_then_at_their_pace(desk: Desk) -> None:
    assert [await desk.reader.step() for _ in range(4)] == [True, False, False, False]
    assert desk.site.calls.count("goals") == 1
    desk.reader._read_due = desk.bus.clock.monotonic()
    assert await desk.reader.step()


async def test_a_strategy_that_names_an_unknown_goal_has_the_goals_read_at_once(desk: Desk) -> None:
    await desk.reader.step()
    await desk.apply(applied(filled="5001"))
    desk.site.held_goals = [goal()]
    assert desk.reader._look_due - desk.bus.clock.monotonic() < LOOK_SECONDS
    desk.reader.look_now()
    assert await desk.reader.step()
    assert [row[1] for row in await desk.told()] == [40.0]
    await desk.apply(applied(2, filled="5999"))
    for reads in (True, False, False):
        desk.reader.look_now()
        assert await desk.reader.step() is reads, "a goal that does not exist is looked for once"


async def test_a_site_whose_goals_may_not_be_read_is_asked_again_later_only(desk: Desk) -> None:
    desk.site.failures["goals"] = [Misconfigured("The token may not read goals."), Transient("away"), ValueError("bug")]
    assert await desk.reader.step()
    assert not await desk.reader.step()
    desk.reader._read_due = None
    with pytest.raises(Transient):
        await desk.reader.step()
    assert await desk.reader.step(), "a client's bug ends nobody's loop"
    assert desk.site.calls.count("goals") == 3


@pytest.mark.parametrize("settings", [asana_settings(goals=False), jira_settings()])
async def test_a_connection_without_goals_is_not_asked(desk: Desk, settings: Any) -> None:
    reader = GoalReader(linked(desk.room, desk.bus, desk.site, settings))
    assert not await reader.step()
    assert desk.site.calls == []


async def test_what_is_no_strategy_is_set_aside_and_the_next_one_counts(desk: Desk, room: RoomDatabase) -> None:
    await desk.read(goal())
    await desk.apply(b'{"version": "x"}', applied(filled="5001"))
    assert len(await rows_of(room, "SELECT reason FROM parked")) == 1
    assert [row[1] for row in await desk.told()] == [40.0]


def test_only_sources_that_are_goals_are_named() -> None:
    plan = applied(filled=" 5001 ", late=None).strategy
    objective = plan.objectives[0]
    by_hand = objective.key_results[1].model_copy(update={"source": {"sheet": "7"}})
    changed = objective.model_copy(update={"key_results": (objective.key_results[0], by_hand)})
    assert named_goals(plan.model_copy(update={"objectives": (changed,)})) == {FILLED: "5001"}
