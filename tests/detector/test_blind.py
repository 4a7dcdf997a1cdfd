"""While a connection brings no data, nothing is told of its items; findings stay, unknown, until it is read again."""

from datetime import timedelta

import pytest

from schemas.connections import ConnectionReported, ConnectionState
from schemas.findings import FindingState
from schemas.work_items import StatusCategory
from services.detector import connections_copy
from tests.builders import work_item
from tests.detector.made import ANSWERED, strategy
from tests.detector.room import RESOLVED, STARTED, Room, aligned
from tests.detector.rule_sets import REFERENCED, only

HOUR = timedelta(hours=1)
OLD = STARTED - timedelta(days=60)
EASY = {"id": "easy", "title": "Buyers pay in one step", "team": "app"} | ANSWERED
BLOCKER = work_item(1, created=OLD, assignee=None)
DEPENDENT = work_item(2, created=OLD, blocked_by=[1])
ELSEWHERE = work_item(9, site="other", created=OLD, status_category=StatusCategory.IN_PROGRESS)


async def report(room: Room, revision: int, connection: str = "archive") -> None:
    """Say that the connection was read with success just now."""
    now = room.clock.now()
    one = ConnectionReported(
        connection=connection,
        state=ConnectionState.CONNECTED,
        last_success=now,
        first_connected=STARTED - HOUR,
        revision=revision,
        at=now,
    )
    await room.database.run(lambda conn: connections_copy.keep(conn, one))
    await room.settle()


async def states(room: Room) -> dict[str, FindingState]:
    return {one.rule: one.state for one in await room.findings()}


@pytest.fixture
async def watched(room: Room) -> Room:
    """Two dependencies' ends of one connection, all told of; an item of another connection that nobody reports on."""
    await room.apply(strategy(only(*REFERENCED, "data-gap"), objectives=[EASY]))
    await room.store(aligned(BLOCKER, 1, objective="easy"), aligned(DEPENDENT, 2, team="pay"))
    await report(room, 1)
    return room


async def hours_later(room: Room, hours: float) -> None:
    room.clock.move_to(STARTED + hours * HOUR)
    await room.settle()


async def test_what_was_found_becomes_unknown_and_the_gap_is_told(watched: Room) -> None:
    assert await states(watched) == {
        "stalled-dependency": FindingState.OPEN,
        "unowned-blocker": FindingState.OPEN,
        "objective-idle": FindingState.OPEN,
    }
    await hours_later(watched, 1)
    assert await states(watched) == {
        "data-gap": FindingState.OPEN,
        "stalled-dependency": FindingState.UNKNOWN,
        "unowned-blocker": FindingState.UNKNOWN,
        "objective-idle": FindingState.UNKNOWN,
    }
    assert await watched.findings(RESOLVED) == []


async def test_when_it_is_read_again_the_gap_clears_and_all_is_judged_anew(watched: Room) -> None:
    await hours_later(watched, 2)
    await watched.store(aligned(BLOCKER.model_copy(update={"assignee": DEPENDENT.assignee}), 3, objective="easy"))
    await watched.settle()
    assert (await states(watched))["unowned-blocker"] is FindingState.UNKNOWN
    await report(watched, 2)
    assert await states(watched) == {"stalled-dependency": FindingState.OPEN, "objective-idle": FindingState.OPEN}
    assert {one.rule for one in await watched.findings(RESOLVED)} == {"data-gap", "unowned-blocker"}


async def test_nothing_opens_by_the_mere_passing_of_time_while_nothing_comes(watched: Room) -> None:
    fresh = work_item(5, created=STARTED, status_category=StatusCategory.IN_PROGRESS)
    await watched.store(aligned(fresh, 4))
    await watched.settle()
    await hours_later(watched, 24 * 30)
    assert "stale-work" not in await states(watched)
    await report(watched, 2)
    assert (await states(watched))["stale-work"] is FindingState.OPEN


async def test_items_of_other_connections_are_told_of_as_ever(watched: Room) -> None:
    await watched.store(aligned(ELSEWHERE, 7, team="tokyo"))
    await hours_later(watched, 3)
    found = {one.rule: one.state for one in await watched.findings() if one.team == "tokyo"}
    assert found == {"stale-work": FindingState.OPEN}


async def test_a_connection_that_tells_of_its_success_in_time_is_never_blind(watched: Room) -> None:
    for number in range(2, 12):
        await hours_later(watched, (number - 1) * 0.5)
        await report(watched, number)
    assert "data-gap" not in await states(watched)
    assert await watched.findings(RESOLVED) == []


async def test_an_older_report_changes_nothing(watched: Room) -> None:
    await hours_later(watched, 2)
    await report(watched, 0)
    assert (await states(watched))["data-gap"] is FindingState.OPEN
