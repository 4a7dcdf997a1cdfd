"""Spreading news: from what was stored to everybody whose facts it touches, see `facts.py`.

Promise: neighbours are read after the news was committed. So of two changes that do not see each other (a blocker
is done while a dependency on it is being told) the later one is always spread with both in view. One at a time does
this, under a lock, so that what is written here from children is never older than what it replaces.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.agenda import STRATEGY_FLOW, can_be_found, entering
from services.detector.context import OBJECTIVE_PREFIX, TEAM_PREFIX
from services.runtime.database import copy_rows

BATCH: Final = 2_000
_GROUPS: Final = (TEAM_PREFIX, OBJECTIVE_PREFIX)
PACE_PREFIX: Final = "pace:"
"""Notes that a team's pace is another one now: news to its items in progress, and to nobody else."""

_TRY_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(hashtextextended('leeway-spread:' || current_schema(), 0))")
_RELEASED: Final = text(
    "SELECT flow FROM flows WHERE released AND EXISTS (SELECT FROM dirty WHERE dirty.flow = flows.flow) ORDER BY flow"
)
_TAKE: Final = text(
    "DELETE FROM dirty WHERE id IN (SELECT id FROM dirty WHERE flow = :flow ORDER BY id LIMIT :limit) RETURNING subject"
)
# What is lateral and has an offset is looked up by index: nobody can guess how few they are, of how many items.
# An item may be stored anew while its sums wait to be written: its own last touch is the one that it has by then.
_ADD_UP: Final = text(
    """
    WITH given AS MATERIALIZED (SELECT unnest(CAST(:refs AS text[])) AS ref),
    near AS MATERIALIZED (
        SELECT ref FROM given
        UNION SELECT i.parent FROM given CROSS JOIN LATERAL (
            SELECT parent FROM items WHERE items.ref = given.ref OFFSET 0) AS i WHERE i.parent IS NOT NULL
        UNION SELECT e.blocker FROM given CROSS JOIN LATERAL (
            SELECT blocker FROM edges WHERE edges.dependent = given.ref OFFSET 0) AS e
    ), summed AS MATERIALIZED (
        SELECT i.ref, s.*, h.* FROM near
        CROSS JOIN LATERAL (SELECT * FROM items WHERE items.ref = near.ref OFFSET 0) AS i
        CROSS JOIN LATERAL (SELECT
            greatest(i.touched, (SELECT max(c.touched) FROM items c
                WHERE c.parent = i.ref AND c.type = 'subtask' AND c.parent IS NOT NULL)) AS last_touched,
            EXISTS (SELECT FROM items c WHERE c.parent = i.ref AND c.parent IS NOT NULL) AS has_children,
            EXISTS (SELECT FROM edges e WHERE e.blocker = i.ref) AS has_dependents
            OFFSET 0
        ) AS s
        CROSS JOIN LATERAL (SELECT
            max(c.at) AS moved, max(c.at) FILTER (WHERE c.was = 'in_progress') AS left_progress
            FROM changes c WHERE c.ref = i.ref AND c.aspect = 'status'
        ) AS h
        WHERE i.last_touched <> s.last_touched OR i.has_children <> s.has_children
           OR i.has_dependents <> s.has_dependents OR i.moved IS DISTINCT FROM h.moved
           OR i.left_progress IS DISTINCT FROM h.left_progress
        ORDER BY i.ref
    )
    UPDATE items SET last_touched = greatest(summed.last_touched, items.touched), has_children = summed.has_children,
                     has_dependents = summed.has_dependents, moved = summed.moved,
                     left_progress = summed.left_progress
    FROM summed WHERE items.ref = summed.ref AND items.ref = ANY(ARRAY(SELECT ref FROM summed))
    """
)
_SPREAD: Final = text(
    """
    WITH given AS MATERIALIZED (SELECT unnest(CAST(:refs AS text[])) AS ref),
    stirred AS MATERIALIZED (
        SELECT i.* FROM given CROSS JOIN LATERAL (
            SELECT ref, key, parent, epic FROM items WHERE items.ref = given.ref OFFSET 0) AS i
    ), before AS MATERIALIZED (
        SELECT DISTINCT e.blocker AS ref FROM given CROSS JOIN LATERAL (
            SELECT blocker FROM edges WHERE edges.dependent = given.ref OFFSET 0) AS e
    ), after AS MATERIALIZED (
        SELECT DISTINCT e.dependent AS ref FROM given CROSS JOIN LATERAL (
            SELECT dependent FROM edges WHERE edges.blocker = given.ref OFFSET 0) AS e
    ), paired AS MATERIALIZED (SELECT ref FROM given WHERE EXISTS (SELECT FROM twins)),
    told AS MATERIALIZED (
        SELECT t.token FROM paired CROSS JOIN LATERAL (
            SELECT token FROM twins WHERE twins.told_by = paired.ref OFFSET 0) AS t
    ), beside AS MATERIALIZED (
        SELECT token AS ref FROM told WHERE strpos(token, ' ') = 0
        UNION SELECT i.ref FROM told CROSS JOIN LATERAL (
            SELECT ref FROM items WHERE items.key = substr(told.token, strpos(told.token, ' ') + 1) OFFSET 0) AS i
            WHERE strpos(told.token, ' ') > 0 AND split_part(i.ref, ':', 1) = split_part(told.token, ' ', 1)
        UNION SELECT t.told_by FROM paired CROSS JOIN LATERAL (
            SELECT told_by FROM twins WHERE twins.token = paired.ref OFFSET 0) AS t
        UNION SELECT t.told_by FROM stirred s CROSS JOIN LATERAL (
            SELECT told_by FROM twins WHERE twins.token = split_part(s.ref, ':', 1) || ' ' || s.key OFFSET 0) AS t
            WHERE EXISTS (SELECT FROM twins)
    ), over AS MATERIALIZED (
        SELECT epic AS ref FROM stirred WHERE epic IS NOT NULL
        UNION SELECT i.ref FROM given CROSS JOIN LATERAL (
            SELECT ref FROM items WHERE links IS NOT NULL AND links @> ARRAY[given.ref] OFFSET 0) AS i
    ), above AS MATERIALIZED (
        SELECT ref FROM stirred UNION SELECT ref FROM before
        UNION SELECT parent FROM stirred WHERE parent IS NOT NULL
    ), grouped AS MATERIALIZED (
        SELECT DISTINCT i.team, i.objective FROM above CROSS JOIN LATERAL (
            SELECT team, objective FROM items WHERE ref = above.ref OFFSET 0) AS i
    )
    """  # noqa: S608 -- our own text
    + entering(
        f"""
        SELECT i.ref FROM (
            SELECT ref FROM above UNION SELECT ref FROM after UNION SELECT ref FROM beside UNION SELECT ref FROM over
        ) AS near CROSS JOIN LATERAL (
            SELECT ref, key, is_open, watched FROM items WHERE items.ref = near.ref OFFSET 0) AS i
        WHERE {can_be_found("i", of_few=True)}
        UNION SELECT 'team:' || team FROM grouped
        UNION SELECT 'objective:' || objective FROM grouped WHERE objective IS NOT NULL
        UNION SELECT 'cycle:' || ref FROM stirred
        WHERE EXISTS (SELECT FROM cycle_members m WHERE m.ref = stirred.ref OFFSET 0)
           OR (EXISTS (SELECT FROM edges e WHERE e.blocker = stirred.ref OFFSET 0)
               AND EXISTS (SELECT FROM edges e WHERE e.dependent = stirred.ref OFFSET 0))
        UNION SELECT unnest(CAST(:groups AS text[]))
        UNION SELECT ref FROM items WHERE team = ANY(CAST(:paced AS text[])) AND is_open AND type <> 'subtask'
              AND type <> 'epic' AND status_category = 'in_progress'
        """  # noqa: S608 -- our own text
    )
)
_NOTE_FLOWS: Final = text(
    "INSERT INTO flows (flow, released) SELECT unnest(CAST(:flows AS text[])), false ON CONFLICT DO NOTHING"
)


async def note_dirty(conn: AsyncConnection, notes: Iterable[tuple[str, str]]) -> None:
    """Note subjects, each with the load that brought news of it or an empty text, to be spread after the commit."""
    noted = sorted(set(notes))
    if not noted:
        return
    await copy_rows(conn, "dirty", ("subject", "flow"), noted)
    loads = sorted({flow for _, flow in noted if flow})
    if loads:
        await conn.execute(_NOTE_FLOWS, {"flows": loads})


async def spread(conn: AsyncConnection, limit: int = BATCH) -> int:
    """Spread what was stored and is not held back; return how much, 0 if none or if another detector is at it."""
    if not await conn.scalar(_TRY_LOCK):
        return 0
    flows = ["", *await conn.scalars(_RELEASED)]
    return sum([await _spread_flow(conn, flow, limit) for flow in flows])


async def _spread_flow(conn: AsyncConnection, flow: str, limit: int) -> int:
    taken = list(await conn.scalars(_TAKE, {"flow": flow, "limit": limit}))
    if not taken:
        return 0
    groups = sorted({subject for subject in taken if subject.startswith(_GROUPS)})
    paced = sorted({subject for subject in taken if subject.startswith(PACE_PREFIX)})
    refs = sorted(set(taken).difference(groups, paced))
    teams = [subject.removeprefix(PACE_PREFIX) for subject in paced]
    await conn.execute(_ADD_UP, {"refs": refs})
    await conn.execute(_SPREAD, {"refs": refs, "groups": groups, "paced": teams, "flow": flow})
    return len(taken)


_RELEASE: Final = text(
    "INSERT INTO flows (flow, released) VALUES (:flow, true) ON CONFLICT (flow) DO UPDATE SET released = true"
)
DRAINED: Final = "drain"
"""Stands for all drains among the loads: that everything was here once."""
_RELEASE_ALL: Final = text(
    f"UPDATE flows SET released = true WHERE NOT released AND NOT starts_with(flow, '{STRATEGY_FLOW}')"  # noqa: S608 -- our own text
)


async def release(conn: AsyncConnection, flow: str) -> None:
    """Let what this load brought be judged: all of it is stored."""
    await conn.execute(_RELEASE, {"flow": flow})


async def release_all(conn: AsyncConnection) -> None:
    """Let everything be judged that was stored, but for what waits for a version of the strategy to hold."""
    await conn.execute(_RELEASE_ALL)
    await release(conn, DRAINED)
