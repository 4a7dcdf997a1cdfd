"""The SQL of goals and of the key results that name them: what the trackers hold, what was told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.connectors.tracker import Goal

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('leeway-goals:' || current_schema(), 0))")
_NEWER: Final = text(
    "INSERT INTO strategy_seen AS known (single, version) VALUES (true, :version)"
    " ON CONFLICT (single) DO UPDATE SET version = :version WHERE known.version < :version RETURNING version"
)
_DROP_OTHERS: Final = text("DELETE FROM key_results WHERE key_result <> ALL(CAST(:names AS text[]))")
_NAME: Final = text(
    "INSERT INTO key_results AS known (key_result, goal, named_at) VALUES (:key_result, :goal, :at)"
    " ON CONFLICT (key_result) DO UPDATE SET goal = :goal, named_at = :at, told_value = NULL, told_at = NULL"
    " WHERE known.goal <> :goal"
)
_KEEP: Final = text(
    "INSERT INTO goals AS known"
    " (connection, goal, name, url, owner, due_on, unit, initial, target, value, measured_at, seen_at)"
    " VALUES (:connection, :goal, :name, :url, :owner, :due_on, :unit, :initial, :target, :value,"
    " CASE WHEN CAST(:value AS double precision) IS NOT NULL"
    " THEN coalesce(CAST(:measured_at AS timestamptz), :at) END, :at)"
    " ON CONFLICT (connection, goal) DO UPDATE SET name = excluded.name, url = excluded.url, owner = excluded.owner,"
    " due_on = excluded.due_on, unit = excluded.unit, initial = excluded.initial, target = excluded.target,"
    " value = excluded.value, seen_at = excluded.seen_at,"
    # Where the tracker does not say when, a value that stays was measured when we first saw it.
    " measured_at = CASE WHEN CAST(:measured_at AS timestamptz) IS NULL AND known.value = excluded.value"
    " THEN known.measured_at ELSE excluded.measured_at END"
)
_DROP_GOALS: Final = text("DELETE FROM goals WHERE connection = :connection AND goal <> ALL(CAST(:goals AS text[]))")
_CURRENT: Final = (
    "SELECT DISTINCT ON (key_result) key_result, goals.goal, value, measured_at, told_value, told_at"
    " FROM key_results JOIN goals ON goals.goal = key_results.goal WHERE value IS NOT NULL"
    " ORDER BY key_result, measured_at DESC, connection"
)
_NEWS: Final = text(
    f"SELECT key_result, goal, value, measured_at FROM ({_CURRENT}) AS current"  # noqa: S608 -- our own text
    " WHERE (value, measured_at) IS DISTINCT FROM (told_value, told_at)"
)
_TOLD: Final = text("UPDATE key_results SET told_value = :value, told_at = :measured_at WHERE key_result = :key_result")
_ALL_TOLD: Final = text(
    "SELECT key_result, goal, told_value, told_at FROM key_results WHERE told_at IS NOT NULL ORDER BY key_result"
)
_NAMED_SINCE: Final = text(
    "SELECT EXISTS (SELECT FROM key_results WHERE named_at > :since"
    " AND NOT EXISTS (SELECT FROM goals WHERE goals.goal = key_results.goal))"
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The value of a goal that a key result names."""

    key_result: str
    goal: str
    value: float
    measured_at: datetime


async def lock_goals(conn: AsyncConnection) -> None:
    """Let nobody else change goals or key results until the transaction ends, so that none is missed between two."""
    await conn.execute(_LOCK)


async def is_newer_strategy(conn: AsyncConnection, version: int) -> bool:
    """Tell whether a strategy is newer than the one that the key results are of; it counts as theirs from here on."""
    return await conn.scalar(_NEWER, {"version": version}) is not None


async def name_goals(conn: AsyncConnection, named: Mapping[str, str], at: datetime) -> None:
    """Keep which key results name which goals, in place of what was; what was told of the same ones stays."""
    await conn.execute(_DROP_OTHERS, {"names": list(named)})
    if named:
        rows = [{"key_result": key_result, "goal": goal, "at": at} for key_result, goal in sorted(named.items())]
        await conn.execute(_NAME, rows)


async def keep_goals(conn: AsyncConnection, connection: str, goals: Sequence[Goal], at: datetime) -> None:
    """Keep the goals of a connection as they stand, in place of what was."""
    await conn.execute(_DROP_GOALS, {"connection": connection, "goals": [goal.id for goal in goals]})
    rows = [
        {"connection": connection, "goal": goal.id, "name": goal.name, "url": goal.url, "owner": goal.owner,
         "due_on": goal.due_on, "unit": goal.unit, "initial": goal.initial, "target": goal.target,
         "value": goal.value, "measured_at": goal.measured_at, "at": at}
        for goal in goals
    ]  # fmt: skip
    if rows:
        await conn.execute(_KEEP, rows)


async def take_news(conn: AsyncConnection) -> list[Measurement]:
    """Return the measurements that were not told yet, and note them as told."""
    news = [Measurement(*row) for row in await conn.execute(_NEWS)]
    for one in news:
        values = {"key_result": one.key_result, "value": one.value, "measured_at": one.measured_at}
        await conn.execute(_TOLD, values)
    return news


async def told_measurements(conn: AsyncConnection) -> list[Measurement]:
    """Return the last measurement that was told of each key result."""
    return [Measurement(*row) for row in await conn.execute(_ALL_TOLD)]


async def is_any_named_since(conn: AsyncConnection, since: datetime) -> bool:
    """Tell whether a key result has come to name a goal that we do not know, after we last asked for the goals."""
    return bool(await conn.scalar(_NAMED_SINCE, {"since": since}))
