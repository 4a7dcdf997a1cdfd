"""The agenda: who is to be judged, and when.

Promise: no news is lost between a judge and its neighbours. A judge holds the row of its subject while it reads and
writes, and never waits for a row of the agenda; whoever spreads news onto that row waits for the judge to commit, and
then puts the subject on the agenda again. The judge reads after it has the row, so it has seen what came before.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SOONEST: Final = timedelta(seconds=1)
"""No verdict is asked for again before so much domain time: a rule that is wrong about its moment must not spin."""


STRATEGY_FLOW: Final = "strategy:"


def strategy_flow(version: int) -> str:
    """Return the name under which what a version of the strategy has moved, or may change, is judged."""
    return f"{STRATEGY_FLOW}{version}"


def is_of_strategy(flow: str) -> bool:
    """Tell whether a version of the strategy has the subject judged, rather than a load or news of its own."""
    return flow.startswith(STRATEGY_FLOW)


class Lane(StrEnum):
    """The kinds of subjects, judged apart: items by themselves, groups from indexes and less often."""

    ITEM = "item"
    CYCLE = "cycle"
    TEAM = "team"
    OBJECTIVE = "objective"
    CONNECTION = "connection"
    CAPACITY = "capacity"


CYCLE_PREFIX: Final = "cycle:"
CAPACITY_SUBJECT: Final = "capacity:all"
"""All shares of capacity are judged together: when a day is over, and when what they rest on was turned upside down."""

_LANE_OF: Final = (
    "CASE split_part(subject, ':', 1) WHEN 'team' THEN 'team' WHEN 'objective' THEN 'objective' "
    "WHEN 'cycle' THEN 'cycle' WHEN 'connection' THEN 'connection' WHEN 'capacity' THEN 'capacity' ELSE 'item' END"
)
_CAN_BE_FOUND: Final = """(
    {item}.watched
    OR {item}.is_open AND (
        EXISTS (SELECT FROM edges WHERE edges.blocker = {item}.ref{each})
        OR EXISTS (SELECT FROM edges WHERE edges.dependent = {item}.ref{each})
    )
    OR EXISTS (SELECT FROM twins) AND (
        EXISTS (SELECT FROM twins WHERE twins.told_by = {item}.ref{each})
        OR EXISTS (SELECT FROM twins WHERE twins.token = {item}.ref{each})
        OR EXISTS (SELECT FROM twins WHERE twins.token = split_part({item}.ref, ':', 1) || ' ' || {item}.key{each})
    )
    OR EXISTS (SELECT FROM findings WHERE findings.anchor = {item}.ref AND findings.state <> 'resolved'{each})
)"""
_EACH: Final = " OFFSET 0"
"""Keeps the planner from reading a whole table into a hash, which it would for many items that it cannot count."""
ENTER: Final = """
    INSERT INTO agenda (subject, lane, due, flow)
    SELECT subject, {lane}, '-infinity', :flow FROM ({subjects}) AS entering (subject) ORDER BY subject
    ON CONFLICT (subject) DO UPDATE SET due = '-infinity',
        flow = CASE WHEN excluded.flow = '' OR (starts_with(excluded.flow, 'strategy:') AND agenda.flow <> '')
                    THEN agenda.flow ELSE excluded.flow END
    WHERE agenda.due > '-infinity' OR (excluded.flow <> '' AND agenda.flow <> excluded.flow)
"""
"""Sorted, so that two that enter subjects at once wait for each other in one order. What a load has brought stays
told with the load, whatever version of the strategy comes meanwhile."""

_ANY_HELD: Final = text("SELECT EXISTS (SELECT FROM flows WHERE NOT released)")
_TAKE: Final = """
    SELECT subject, flow FROM agenda WHERE lane = :lane AND due <= :now {unless}
    ORDER BY due LIMIT :limit FOR UPDATE SKIP LOCKED
"""
_UNLESS_HELD: Final = """
    AND NOT EXISTS (SELECT FROM dirty JOIN flows USING (flow)
                    WHERE dirty.subject = agenda.subject AND dirty.flow <> '' AND NOT flows.released)
"""
_TAKE_ALL: Final = text(_TAKE.format(unless=""))
_TAKE_FREE: Final = text(_TAKE.format(unless=_UNLESS_HELD))
_HELD: Final = text(
    "SELECT DISTINCT subject FROM dirty JOIN flows USING (flow) "
    "WHERE subject = ANY(CAST(:subjects AS text[])) AND dirty.flow <> '' AND NOT flows.released"
)
_LEAVE: Final = text("DELETE FROM agenda WHERE subject = ANY(CAST(:subjects AS text[]))")
_WAIT: Final = text(
    "UPDATE agenda SET due = later.due, flow = '' "
    "FROM unnest(CAST(:subjects AS text[]), CAST(:dues AS timestamptz[])) AS later (subject, due) "
    "WHERE agenda.subject = later.subject"
)
_DUE_FREE: Final = text(
    f"SELECT count(*) FROM agenda WHERE due <= :now AND lane <> ALL(CAST(:closed AS text[])) {_UNLESS_HELD}"  # noqa: S608 -- our own text
)


def entering(subjects: str) -> str:
    """Return the statement that puts the subjects of this query on the agenda, to be judged at once."""
    return ENTER.format(lane=_LANE_OF, subjects=subjects)


def can_be_found(item: str, *, of_few: bool = False) -> str:
    """Return the condition that some rule could say something of the item whose row of `items` has this alias.

    It is looked up by index for each item if they are few among all, else it is for the planner to choose.

    Either for what stands in its row, which the rules themselves tell (`Rule.watches`), or for a dependency while it is
    open, a twin or an open finding of its own. No other item is ever put on the agenda.
    """
    return _CAN_BE_FOUND.format(item=item, each=_EACH if of_few else "")


async def take(conn: AsyncConnection, lane: Lane, now: datetime, limit: int) -> dict[str, str]:
    """Take subjects that are due, by subject with the load that brought each; others pass them by until we commit.

    Subjects of which a load that is still under way has brought something are left for later.
    """
    statement = _TAKE_FREE if await conn.scalar(_ANY_HELD) else _TAKE_ALL
    rows = await conn.execute(statement, {"lane": lane.value, "now": now, "limit": limit})
    return {row.subject: row.flow for row in rows}


async def held_by_now(conn: AsyncConnection, subjects: Sequence[str]) -> frozenset[str]:
    """Return those of which a load under way has brought something since they were taken.

    Asked after their facts were read: whatever part of a load was in the facts is noted by then.
    """
    if not await conn.scalar(_ANY_HELD):
        return frozenset()
    return frozenset(await conn.scalars(_HELD, {"subjects": list(subjects)}))


async def settle(conn: AsyncConnection, subjects: Sequence[str], checks: Mapping[str, datetime], now: datetime) -> None:
    """Let judged subjects go, but for those whose verdict may change at a moment to come."""
    done = [subject for subject in subjects if subject not in checks]
    if done:
        await conn.execute(_LEAVE, {"subjects": done})
    if checks:
        dues = [max(due, now + SOONEST) for due in checks.values()]
        await conn.execute(_WAIT, {"subjects": list(checks), "dues": dues})


async def count_due(conn: AsyncConnection, now: datetime, closed: Sequence[Lane] = ()) -> int:
    """Return how many subjects could be judged now; none of the lanes that are closed can."""
    return int(await conn.scalar(_DUE_FREE, {"now": now, "closed": [lane.value for lane in closed]}) or 0)
