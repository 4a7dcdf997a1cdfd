"""Reads objectives from indexes: sums and extremes, never their items."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.context import Context
from services.detector.facts import ObjectiveFacts
from services.detector.history_store import PLANNED_PREFIX
from services.detector.rules.scope_growth import cancelled_resolutions

MOVES_WINDOW: Final = timedelta(days=28)
"""Of 24 hours each; in SQL it is 672 hours, because days are no such thing where clocks are put forward."""

_NAMED: Final = "FROM unnest(CAST(:objectives AS text[])) AS o (objective) CROSS JOIN LATERAL"
_OPEN: Final = text(
    """
    SELECT o.*, CASE WHEN in_progress = 0 THEN (
        SELECT min(greatest(i.created, i.aligned_at, (
            SELECT max(c.at) FROM changes c WHERE c.ref = i.ref AND c.aspect = 'status' AND c.was = 'done')))
        FROM items i WHERE i.objective = o.objective AND i.is_open AND i.objective IS NOT NULL
    ) END AS open_from FROM (
        SELECT objective, count(*) AS open_items, count(*) FILTER (WHERE status_category = 'in_progress') AS in_progress
        FROM items WHERE is_open AND objective IS NOT NULL AND objective = ANY(CAST(:objectives AS text[]))
        GROUP BY objective
    ) AS o
    """
)
_LEFT_BEGUN: Final = """
    SELECT c.at FROM changes c WHERE c.was = o.objective AND c.aspect = 'objective' AND 'in_progress' = coalesce(
        (SELECT s.was FROM changes s WHERE s.ref = c.ref AND s.aspect = 'status' AND s.at > c.at
         ORDER BY s.at, length(s.change_id), s.change_id LIMIT 1),
        (SELECT i.status_category FROM items i WHERE i.ref = c.ref))
    ORDER BY c.at DESC LIMIT 1
"""
"""When the last item left the objective in progress: its category then is what its next change was from."""
_WHOLE: Final = text(
    f"""
    SELECT o.objective, w.items, w.last_touch, p.progress_ended, h.hidden {_NAMED} (
        SELECT count(*) AS items, max(last_touched) AS last_touch FROM items
        WHERE visible AND objective IS NOT NULL AND objective = o.objective
    ) AS w CROSS JOIN LATERAL (
        SELECT greatest(max(left_progress), ({_LEFT_BEGUN})) AS progress_ended FROM items
        WHERE left_progress IS NOT NULL AND objective IS NOT NULL AND objective = o.objective AND visible
    ) AS p CROSS JOIN LATERAL (
        SELECT count(*) AS hidden FROM items WHERE objective = o.objective AND objective IS NOT NULL AND NOT visible
           AND status_category <> 'done' AND (absence IS NULL OR absence NOT IN ('deleted', 'archived'))
    ) AS h
    """  # noqa: S608 -- our own text
)
_SERVED_BEFORE: Final = f"""
    EXISTS (SELECT FROM changes c WHERE c.ref = items.ref AND c.aspect = 'objective' AND (
        c.at < o.baseline AND o.objective IN (c.was, c.becomes)
        OR c.becomes = o.objective AND starts_with(c.change_id, '{PLANNED_PREFIX}')
        OR c.was = o.objective AND NOT EXISTS (
            SELECT FROM changes b WHERE b.ref = c.ref AND b.aspect = 'objective' AND b.becomes = o.objective
            AND (b.at, length(b.change_id), b.change_id) < (c.at, length(c.change_id), c.change_id))))
"""  # noqa: S608 -- our own text
"""Whether an item that came to the objective since had served it before: as somebody moved it there by the baseline, as
the strategy has it, or ever since it came."""
_WAS_DONE: Final = """
    created < o.baseline AND moved >= o.baseline AND 'done' = (
        SELECT c.was FROM changes c WHERE c.ref = items.ref AND c.aspect = 'status' AND c.at >= o.baseline
        ORDER BY c.at, length(c.change_id), c.change_id LIMIT 1)
"""
"""Whether an item was done by the baseline, though it was taken up again since."""
_LEAVES: Final = text(
    f"""
    WITH o AS MATERIALIZED (
        SELECT objective, baseline, string_to_array(cancelled, chr(10)) AS cancelled
        FROM unnest(CAST(:objectives AS text[]), CAST(:baselines AS timestamptz[]), CAST(:cancelled AS text[]))
             AS given (objective, baseline, cancelled)
    )
    SELECT o.objective, l.leaves_base, l.leaves_added FROM o CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE NOT came_since AND NOT was_done) AS leaves_base,
               count(*) FILTER (WHERE came_since) AS leaves_added
        FROM (
            SELECT CASE WHEN created >= o.baseline THEN true WHEN aligned_at >= o.baseline THEN NOT {_SERVED_BEFORE}
                        ELSE false END AS came_since, coalesce({_WAS_DONE}, false) AS was_done FROM items
            WHERE objective = o.objective AND visible AND objective IS NOT NULL
              AND type <> 'epic' AND type <> 'initiative' AND (type = 'subtask' OR NOT has_children)
              AND (created >= o.baseline OR done IS NULL OR done >= o.baseline)
              AND NOT (status_category = 'done'
                       AND CASE WHEN resolution_name IS NULL THEN resolution IS NOT DISTINCT FROM 'cancelled'
                                ELSE resolution_name = ANY(o.cancelled) END)
        ) AS leaves
    ) AS l
    """  # noqa: S608 -- our own text
)
_RANK: Final = "array_position(ARRAY['todo', 'in_progress', 'done'], {})"
_MOVES: Final = text(
    f"""
    SELECT o.objective, m.* {_NAMED} (
        SELECT count(*) FILTER (WHERE moved_on) AS moved_on, count(*) FILTER (WHERE went_back) AS went_back,
               min(first) + interval '672 hours' AS moves_lapse, min(seen) FILTER (WHERE NOT is_told) AS seen_from
        FROM (
            SELECT bool_or(c.step > 0) AS moved_on, bool_or(c.step < 0) AS went_back,
                   min(c.at) FILTER (WHERE c.step <> 0) AS first,
                   bool_or(NOT c.is_seen) AS is_told, min(c.at) FILTER (WHERE c.is_seen) AS seen
            FROM items i CROSS JOIN LATERAL (
                SELECT at, starts_with(change_id, 'seen:') AS is_seen,
                       {_RANK.format("becomes")} - {_RANK.format("was")} AS step
                FROM changes WHERE ref = i.ref AND aspect = 'status' AND at > CAST(:since AS timestamptz) OFFSET 0
            ) AS c
            WHERE i.objective = o.objective AND i.objective IS NOT NULL AND i.moved IS NOT NULL
              AND i.moved > CAST(:since AS timestamptz) AND i.visible
            GROUP BY i.ref
        ) AS of_item
    ) AS m
    """  # noqa: S608 -- our own text
)


async def read_objectives(
    conn: AsyncConnection, objectives: Sequence[str], context: Context, now: datetime
) -> dict[str, ObjectiveFacts]:
    """Return the facts of these objectives as of `now`, without forecasts.

    Those that the strategy does not name have no leaves, for want of a day. `seen_from` is the first of the moves that
    we saw, within the window, of items of which none was told.
    """
    fields: dict[str, dict[str, Any]] = {
        one: {"objective": one, "due_moves": context.due_moves.get(one, ())} for one in objectives
    }
    wanted = {"objectives": list(objectives)}
    known = [found for objective in objectives if (found := context.objective(objective)) is not None]
    scopes = {
        "objectives": [one.id for one in known],
        "baselines": [one.baseline for one in known],
        "cancelled": ["\n".join(cancelled_resolutions(context, one.id)) for one in known],
    }
    asked = ((_OPEN, wanted), (_WHOLE, wanted), (_MOVES, wanted | {"since": now - MOVES_WINDOW}), (_LEAVES, scopes))
    for statement, values in asked:
        for row in (await conn.execute(statement, values)).mappings():
            fields[row["objective"]].update(row)
    return {one: ObjectiveFacts(**found) for one, found in fields.items()}
