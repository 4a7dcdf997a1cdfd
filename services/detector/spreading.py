"""Spreading news: from what was stored to everybody whose facts it touches, see `facts.py`.

Promise: neighbours are read after the news was committed. So of two changes that do not see each other (a blocker
is done while a dependency on it is being told) the later one is always spread with both in view. One at a time does
this, under a lock, so that what is written here from children is never older than what it replaces.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.agenda import entering

BATCH: Final = 2_000

_TRY_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(hashtextextended('leeway-spread:' || current_schema(), 0))")
_RELEASED: Final = text(
    "SELECT flow FROM flows WHERE released AND EXISTS (SELECT FROM dirty WHERE dirty.flow = flows.flow) ORDER BY flow"
)
_TAKE: Final = text(
    "DELETE FROM dirty WHERE id IN (SELECT id FROM dirty WHERE flow = :flow ORDER BY id LIMIT :limit) RETURNING subject"
)
_ADD_UP: Final = text(
    """
    WITH near AS MATERIALIZED (
        SELECT unnest(CAST(:refs AS text[])) AS ref
        UNION SELECT parent FROM items WHERE ref = ANY(CAST(:refs AS text[])) AND parent IS NOT NULL
        UNION SELECT blocker FROM edges WHERE dependent = ANY(CAST(:refs AS text[]))
    ), summed AS MATERIALIZED (
        SELECT i.ref, s.last_touched, s.has_children, s.has_dependents FROM near JOIN items i USING (ref)
        CROSS JOIN LATERAL (SELECT
            greatest(i.touched, (SELECT max(c.touched) FROM items c
                WHERE c.parent = i.ref AND c.type = 'subtask' AND c.parent IS NOT NULL)) AS last_touched,
            EXISTS (SELECT FROM items c WHERE c.parent = i.ref AND c.parent IS NOT NULL) AS has_children,
            EXISTS (SELECT FROM edges e WHERE e.blocker = i.ref) AS has_dependents
            OFFSET 0
        ) AS s
        WHERE i.last_touched <> s.last_touched OR i.has_children <> s.has_children
           OR i.has_dependents <> s.has_dependents
        ORDER BY i.ref
    )
    UPDATE items SET last_touched = summed.last_touched, has_children = summed.has_children,
                     has_dependents = summed.has_dependents
    FROM summed WHERE items.ref = summed.ref
    """
)
_SPREAD: Final = text(
    "WITH stirred AS MATERIALIZED (SELECT ref, parent FROM items WHERE ref = ANY(CAST(:refs AS text[])))"  # noqa: S608 -- our own text
    ", before AS MATERIALIZED (SELECT DISTINCT blocker AS ref FROM edges WHERE dependent = ANY(CAST(:refs AS text[])))"
    ", after AS MATERIALIZED (SELECT DISTINCT dependent AS ref FROM edges WHERE blocker = ANY(CAST(:refs AS text[])))"
    ", above AS MATERIALIZED ("
    "    SELECT ref FROM stirred UNION SELECT ref FROM before"
    "    UNION SELECT parent FROM stirred WHERE parent IS NOT NULL"
    "), grouped AS MATERIALIZED (SELECT DISTINCT i.team, i.objective FROM above JOIN items i USING (ref)) "
    + entering(
        """
        SELECT i.ref FROM (SELECT ref FROM above UNION SELECT ref FROM after) AS near JOIN items i USING (ref)
        WHERE (i.is_open AND (i.status_category = 'in_progress' OR i.ties IS NOT NULL))
           OR EXISTS (SELECT FROM edges e WHERE e.blocker = i.ref)
           OR EXISTS (SELECT FROM edges e WHERE e.dependent = i.ref)
           OR EXISTS (SELECT FROM findings f WHERE f.anchor = i.ref AND f.state <> 'resolved')
        UNION SELECT 'team:' || team FROM grouped
        UNION SELECT 'objective:' || objective FROM grouped WHERE objective IS NOT NULL
        UNION SELECT 'cycle:' || ref FROM stirred
        WHERE EXISTS (SELECT FROM cycle_members m WHERE m.ref = stirred.ref)
           OR (EXISTS (SELECT FROM edges e WHERE e.blocker = stirred.ref)
               AND EXISTS (SELECT FROM edges e WHERE e.dependent = stirred.ref))
        UNION SELECT unnest(CAST(:groups AS text[]))
        """
    )
)  # fmt: skip
"""An item comes onto the agenda only if some rule on items could say anything of it: in progress, claimed twice, with
a dependency, or with a finding. Whoever adds a rule on items that asks for something else adds it here."""


async def spread(conn: AsyncConnection, limit: int = BATCH) -> int:
    """Spread what was stored and is not held back; return how much, 0 if none or if another detector is at it."""
    if not await conn.scalar(_TRY_LOCK):
        return 0
    flows = ["", *await conn.scalars(_RELEASED)]
    return sum([await _spread_flow(conn, flow, limit) for flow in flows])


async def is_load_left(conn: AsyncConnection) -> bool:
    """Tell whether a load that may be judged is not spread to its end: what it touches is not known in full yet."""
    return (await conn.execute(_RELEASED)).first() is not None


async def _spread_flow(conn: AsyncConnection, flow: str, limit: int) -> int:
    taken = list(await conn.scalars(_TAKE, {"flow": flow, "limit": limit}))
    if not taken:
        return 0
    groups = sorted({subject for subject in taken if subject.startswith(("team:", "objective:"))})
    refs = sorted(set(taken).difference(groups))
    await conn.execute(_ADD_UP, {"refs": refs})
    await conn.execute(_SPREAD, {"refs": refs, "groups": groups, "flow": flow})
    return len(taken)


_RELEASE: Final = text(
    "INSERT INTO flows (flow, released) VALUES (:flow, true) ON CONFLICT (flow) DO UPDATE SET released = true"
)
_RELEASE_ALL: Final = text("UPDATE flows SET released = true WHERE NOT released")


async def release(conn: AsyncConnection, flow: str) -> None:
    """Let what this load brought be judged: all of it is stored."""
    await conn.execute(_RELEASE, {"flow": flow})


async def release_all(conn: AsyncConnection) -> None:
    """Let everything be judged that was stored."""
    await conn.execute(_RELEASE_ALL)
