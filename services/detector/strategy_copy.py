"""The detector's own copy of the strategy: which versions came, and by which one it judges.

Promise: the first version holds at once; a later one when all items that it aligns are here, which its mark says.
Then everybody whom it may touch is noted, or put on the agenda, in the same transaction: those of the teams and
objectives of which it says something else, and all where it says something else of all.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.strategy import StrategyApplied
from services.detector.agenda import CAPACITY_SUBJECT, STRATEGY_FLOW, can_be_found, entering, strategy_flow
from services.detector.context import Context
from services.detector.policy import compile_strategy
from services.detector.versions import Differing, differing_between, moves_of_objectives

MARK_PREFIX: Final = "strategy:"

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('leeway-strategy:' || current_schema(), 0))")
_KEEP: Final = text(
    "INSERT INTO strategies AS known (version, body, cleared, active) VALUES (:version, :body, false, false) "
    "ON CONFLICT (version) DO UPDATE SET body = excluded.body WHERE known.body IS NULL"
)
_CLEAR: Final = text(
    "INSERT INTO strategies (version, cleared, active) VALUES (:version, true, false) "
    "ON CONFLICT (version) DO UPDATE SET cleared = true"
)
_ACTIVE_VERSION: Final = text("SELECT version FROM strategies WHERE active")
_BODY: Final = text("SELECT body FROM strategies WHERE version = :version")
_UP_TO: Final = text("SELECT body FROM strategies WHERE version <= :version AND body IS NOT NULL ORDER BY version")
_NEXT: Final = text(
    "SELECT max(version) FROM strategies WHERE body IS NOT NULL AND (cleared OR NOT EXISTS "
    "(SELECT FROM strategies WHERE active)) AND version > coalesce((SELECT version FROM strategies WHERE active), -1)"
)
_RETIRE: Final = text("UPDATE strategies SET active = false WHERE active")
_ACTIVATE: Final = text("UPDATE strategies SET active = true WHERE version = :version")
_RELEASE: Final = text(
    f"INSERT INTO flows (flow, released) SELECT '{STRATEGY_FLOW}' || version, true "  # noqa: S608 -- our own text
    "FROM generate_series(1, CAST(:version AS integer)) AS version ON CONFLICT (flow) DO UPDATE SET released = true "
    "WHERE NOT flows.released"
)
"""Older versions too: one that was passed over never holds, and what it moved is the next one's by now."""
_ENTER_ALL: Final = text(
    entering(
        f"""
        SELECT ref FROM items WHERE {can_be_found("items")}
        UNION SELECT anchor FROM findings WHERE state <> 'resolved' AND anchor NOT LIKE 'cycle:%'
        UNION SELECT 'team:' || team FROM items
        UNION SELECT 'objective:' || objective FROM items WHERE objective IS NOT NULL
        UNION SELECT 'cycle:' || ref FROM cycle_members
        UNION SELECT unnest(CAST(:named AS text[]))
        """  # noqa: S608 -- our own text
    )
)
_ENTER: Final = text(
    entering("SELECT 'cycle:' || ref FROM cycle_members UNION SELECT unnest(CAST(:subjects AS text[]))")
)
# One walk through all items, which are in no index by team alone; a version that says nothing new of anybody has none.
_NOTE: Final = text(
    f"""
    WITH its AS MATERIALIZED (
        SELECT ref, key, team, objective, is_open, watched FROM items
        WHERE team = ANY(CAST(:teams AS text[])) OR objective = ANY(CAST(:objectives AS text[]))
    )
    INSERT INTO dirty (subject, flow) SELECT subject, :flow FROM (
        SELECT ref FROM its WHERE {can_be_found("its")}
        UNION SELECT 'team:' || team FROM its
        UNION SELECT 'objective:' || objective FROM its WHERE objective IS NOT NULL
        UNION SELECT unnest(CAST(:named AS text[]))
    ) AS noted (subject)
    """  # noqa: S608 -- our own text
)
_BETWEEN: Final = text(
    "SELECT body FROM strategies WHERE version BETWEEN :before AND :version AND body IS NOT NULL ORDER BY version"
)


async def keep(conn: AsyncConnection, applied: StrategyApplied) -> None:
    """Keep a version that came; raises `Misconfigured` if it cannot be judged by."""
    compile_strategy(applied.strategy, applied.version)
    await conn.execute(_LOCK)
    await conn.execute(_KEEP, {"version": applied.version, "body": applied.model_dump_json(exclude_defaults=True)})
    await _activate(conn)


async def clear(conn: AsyncConnection, mark: str) -> None:
    """Note that all items are aligned by the version that this mark names."""
    await conn.execute(_LOCK)
    await conn.execute(_CLEAR, {"version": int(mark.removeprefix(MARK_PREFIX))})
    await _activate(conn)


async def active_version(conn: AsyncConnection) -> int | None:
    """Return the version that the detector judges by, or none before the first."""
    version: int | None = await conn.scalar(_ACTIVE_VERSION)
    return version


async def active_strategy(conn: AsyncConnection) -> StrategyApplied | None:
    """Return the strategy that the detector judges by, or none before the first."""
    version = await active_version(conn)
    return None if version is None else await _read(conn, version)


async def _activate(conn: AsyncConnection) -> None:
    """Judge by the newest version that may be judged by, if it is not that already."""
    version = await conn.scalar(_NEXT)
    if version is None:
        return
    before = await active_version(conn)
    await conn.execute(_RETIRE)
    await conn.execute(_ACTIVATE, {"version": version})
    await conn.execute(_RELEASE, {"version": version})
    differing = None if before is None else await _differing(conn, before, version)
    if differing is None:
        named = [f"objective:{objective.id}" for objective in (await _read(conn, version)).strategy.objectives]
        await conn.execute(_ENTER_ALL, {"named": [*named, CAPACITY_SUBJECT], "flow": strategy_flow(version)})
    else:
        await _turn_to(conn, differing, strategy_flow(version))


async def _differing(conn: AsyncConnection, before: int, version: int) -> Differing | None:
    bodies = await conn.scalars(_BETWEEN, {"before": before, "version": version})
    return differing_between([StrategyApplied.model_validate_json(body).strategy for body in bodies])


async def _turn_to(conn: AsyncConnection, differing: Differing, flow: str) -> None:
    """Have these teams and objectives judged, with their items and whoever is beside those, and what is of all."""
    await conn.execute(_ENTER, {"subjects": [CAPACITY_SUBJECT], "flow": flow})
    teams, objectives = sorted(differing.teams), sorted(differing.objectives)
    if teams or objectives:
        named = [*(f"team:{one}" for one in teams), *(f"objective:{one}" for one in objectives)]
        await conn.execute(_NOTE, {"teams": teams, "objectives": objectives, "named": named, "flow": flow})


async def _read(conn: AsyncConnection, version: int) -> StrategyApplied:
    return StrategyApplied.model_validate_json(await conn.scalar(_BODY, {"version": version}))


class Contexts:
    """The active version, compiled once."""

    def __init__(self) -> None:
        self._context: Context | None = None

    async def active(self, conn: AsyncConnection) -> Context | None:
        """Return what to judge by, as of this transaction; none before the first strategy."""
        version = await active_version(conn)
        if version is None:
            return None
        if self._context is None or self._context.version != version:
            versions = [
                StrategyApplied.model_validate_json(body) for body in await conn.scalars(_UP_TO, {"version": version})
            ]
            self._context = replace(
                compile_strategy(versions[-1].strategy, version), due_moves=moves_of_objectives(versions)
            )
        return self._context
