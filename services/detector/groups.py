"""Reads teams and objectives from indexes: sums and extremes, never their items."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.context import Context
from services.detector.facts import ObjectiveFacts, TeamFacts, WaitingTeam
from services.detector.rules.scope_growth import cancelled_resolutions
from services.detector.rules.unaligned_work import active_since

_COUNTED: Final = "i.team = t.team AND i.is_open AND i.type <> 'subtask' AND i.type <> 'epic'"
_ACTIVE: Final = text(
    f"""
    SELECT t.team, count(*) AS active, count(*) FILTER (WHERE a.objective IS NULL) AS unaligned,
           min(a.lapses) AS next_to_lapse
    FROM unnest(CAST(:teams AS text[]), CAST(:sinces AS timestamptz[])) AS t (team, since)
    CROSS JOIN LATERAL (
        SELECT i.objective, CAST(NULL AS timestamptz) AS lapses FROM items i
        WHERE {_COUNTED} AND i.status_category = 'in_progress'
        UNION ALL
        SELECT i.objective, i.last_touched FROM items i
        WHERE {_COUNTED} AND i.status_category = 'todo' AND i.last_touched >= t.since
    ) AS a GROUP BY t.team
    """  # noqa: S608 -- our own text
)
_WAITING: Final = text(
    """
    SELECT b.team, d.team AS other, count(*) AS dependencies, min(greatest(b.created, d.created, e.made)) AS since
    FROM items b
    CROSS JOIN LATERAL (SELECT dependent, min(made) AS made FROM edges WHERE blocker = b.ref GROUP BY dependent) AS e
    CROSS JOIN LATERAL (SELECT team, created FROM items WHERE ref = e.dependent AND is_open OFFSET 0) AS d
    WHERE b.team = ANY(CAST(:teams AS text[])) AND b.is_open AND b.has_dependents AND d.team <> b.team
    GROUP BY b.team, d.team ORDER BY b.team, d.team
    """
)
_OPEN: Final = text(
    "SELECT objective, count(*) AS open_items FROM items WHERE is_open AND objective IS NOT NULL "
    "AND objective = ANY(CAST(:objectives AS text[])) GROUP BY objective"
)
_LAST_TOUCH: Final = text(
    "SELECT o.objective, (SELECT max(i.last_touched) FROM items i WHERE i.visible AND i.objective IS NOT NULL "
    "AND i.objective = o.objective) AS last_touch FROM unnest(CAST(:objectives AS text[])) AS o (objective)"
)
_LEAVES: Final = text(
    """
    WITH o AS MATERIALIZED (
        SELECT objective, baseline, string_to_array(cancelled, chr(10)) AS cancelled
        FROM unnest(CAST(:objectives AS text[]), CAST(:baselines AS timestamptz[]), CAST(:cancelled AS text[]))
             AS given (objective, baseline, cancelled)
    )
    SELECT o.objective, l.base, l.added FROM o CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE created < o.baseline AND (done IS NULL OR done >= o.baseline)) AS base,
               count(*) FILTER (WHERE created >= o.baseline) AS added
        FROM items
        WHERE objective = o.objective AND visible AND objective IS NOT NULL AND type <> 'epic' AND type <> 'initiative'
          AND (type = 'subtask' OR NOT has_children)
          AND NOT (status_category = 'done'
                   AND CASE WHEN resolution_name IS NULL THEN resolution IS NOT DISTINCT FROM 'cancelled'
                            ELSE resolution_name = ANY(o.cancelled) END)
    ) AS l
    """
)


async def read_teams(
    conn: AsyncConnection, teams: Sequence[str], context: Context, now: datetime
) -> dict[str, TeamFacts]:
    """Return the facts of these teams as of `now`; of one without items that nothing is there."""
    sinces = [active_since(context, team, now) for team in teams]
    active = {row.team: row for row in await conn.execute(_ACTIVE, {"teams": list(teams), "sinces": sinces})}
    waiting: defaultdict[str, list[WaitingTeam]] = defaultdict(list)
    for row in await conn.execute(_WAITING, {"teams": list(teams)}):
        waiting[row.team].append(WaitingTeam(row.other, row.dependencies, row.since))
    found = {}
    for team in teams:
        others = tuple(waiting.get(team, ()))
        counted = active.get(team)
        if counted is None:
            found[team] = TeamFacts(team, waiting=others)
        else:
            found[team] = TeamFacts(team, counted.active, counted.unaligned, counted.next_to_lapse, others)
    return found


async def read_objectives(
    conn: AsyncConnection, objectives: Sequence[str], context: Context
) -> dict[str, ObjectiveFacts]:
    """Return the facts of these objectives; those that the strategy does not name have no leaves, for want of a day."""
    wanted = {"objectives": list(objectives)}
    opened = {row.objective: row.open_items for row in await conn.execute(_OPEN, wanted)}
    touched = {row.objective: row.last_touch for row in await conn.execute(_LAST_TOUCH, wanted)}
    leaves = await _leaves(conn, objectives, context)
    return {
        objective: ObjectiveFacts(
            objective, opened.get(objective, 0), touched.get(objective), *leaves.get(objective, (0, 0))
        )
        for objective in objectives
    }


async def _leaves(conn: AsyncConnection, objectives: Sequence[str], context: Context) -> dict[str, tuple[int, int]]:
    """Return how many leaves were there at the baseline, and came later, of each objective that the strategy names."""
    known = [found for objective in objectives if (found := context.objective(objective)) is not None]
    values = {
        "objectives": [one.id for one in known],
        "baselines": [one.baseline for one in known],
        "cancelled": ["\n".join(cancelled_resolutions(context, one.id)) for one in known],
    }
    return {row.objective: (row.base, row.added) for row in await conn.execute(_LEAVES, values)} if known else {}
