"""What forecasts are made from, read from indexes; and the forecasts themselves, each kept as it was made.

Promise: nothing that was kept is written again or dropped, whatever happens to a due, an item or the strategy; two
detectors that forecast one objective at the same moment keep one of the two.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.context import Context
from services.detector.facts import Forecast
from services.detector.forecast.pure import ForecastInputs
from services.detector.forecast.sample import reaches_back_to
from services.detector.rules.scope_growth import cancelled_resolutions
from services.detector.texts import called

_FORECAST: Final = TypeAdapter(Forecast)
_LEAF: Final = (
    "i.visible AND i.objective IS NOT NULL AND i.type <> 'epic' AND i.type <> 'initiative' "
    "AND (i.type = 'subtask' OR NOT i.has_children)"
)
_OPEN: Final = text(
    f"""
    SELECT i.objective, i.ref, i.key, i.title, i.assignee IS NULL AS is_unowned FROM items i
    WHERE i.objective = ANY(CAST(:objectives AS text[])) AND i.is_open AND {_LEAF} ORDER BY i.ref
    """  # noqa: S608 -- our own text
)
_ANY_OPEN: Final = text(
    "SELECT o.objective FROM unnest(CAST(:objectives AS text[])) AS o (objective) WHERE EXISTS "
    "(SELECT FROM items i WHERE i.objective = o.objective AND i.is_open)"
)
_BEGAN: Final = text(
    f"""
    SELECT o.objective, (SELECT min(i.created) FROM items i WHERE i.objective = o.objective AND {_LEAF}) AS began
    FROM unnest(CAST(:objectives AS text[])) AS o (objective)
    """  # noqa: S608 -- our own text
)
_DELIVERED: Final = text(
    f"""
    WITH o AS MATERIALIZED (
        SELECT objective, since, string_to_array(cancelled, chr(10)) AS cancelled
        FROM unnest(CAST(:objectives AS text[]), CAST(:sinces AS timestamptz[]), CAST(:cancelled AS text[]))
             AS given (objective, since, cancelled)
    )
    SELECT o.objective, i.done FROM o JOIN items i ON i.objective = o.objective AND i.done >= o.since AND {_LEAF}
    WHERE i.status_category = 'done' AND i.resolution IS NOT NULL
      AND CASE WHEN i.resolution_name IS NULL THEN i.resolution <> 'cancelled'
               ELSE i.resolution_name <> ALL(o.cancelled) END
    ORDER BY i.done
    """  # noqa: S608 -- our own text
)
_WAITING: Final = text(
    f"""
    WITH RECURSIVE held (objective, ref) AS (
        SELECT i.objective, i.ref FROM items i
        WHERE i.objective = ANY(CAST(:objectives AS text[])) AND i.is_open AND {_LEAF}
        UNION
        SELECT h.objective, e.blocker FROM held h JOIN edges e ON e.dependent = h.ref JOIN items b ON b.ref = e.blocker
        WHERE b.is_open
    )
    SELECT DISTINCT h.objective, e.blocker, e.dependent, b.key, b.title FROM held h
    JOIN edges e ON e.dependent = h.ref JOIN items b ON b.ref = e.blocker
    WHERE b.is_open AND e.blocker <> e.dependent ORDER BY e.blocker, e.dependent
    """  # noqa: S608 -- our own text
)
_NEWEST: Final = text(
    "SELECT f.body, f.strategy_version FROM unnest(CAST(:objectives AS text[])) AS o (objective) CROSS JOIN LATERAL "
    "(SELECT body, strategy_version FROM forecasts WHERE objective = o.objective "
    "ORDER BY as_of DESC, strategy_version DESC LIMIT 1) AS f"
)
_HISTORY: Final = text(
    "SELECT body FROM forecasts WHERE objective = :objective ORDER BY as_of DESC, strategy_version DESC"
)
_KEEP: Final = text(
    "INSERT INTO forecasts (objective, as_of, due, strategy_version, body) "
    "VALUES (:objective, :as_of, :due, :version, :body) ON CONFLICT DO NOTHING"
)

Grouped = Mapping[str, Sequence[Row[Any]]]


async def read_inputs(
    conn: AsyncConnection, objectives: Sequence[str], context: Context, now: datetime
) -> dict[str, ForecastInputs]:
    """Return what forecasts of these objectives are made from, as of `now`; of one without items that it has none."""
    wanted = {"objectives": list(objectives)}
    opened = await _grouped(conn, _OPEN, wanted)
    waiting = await _grouped(conn, _WAITING, wanted)
    began = {row.objective: row.began for row in await conn.execute(_BEGAN, wanted)}
    delivered = await _grouped(conn, _DELIVERED, wanted | _windows(objectives, context, now))
    return {
        one: ForecastInputs(
            objective=one,
            leaves=tuple(row.ref for row in opened.get(one, ())),
            unowned=tuple(row.ref for row in opened.get(one, ()) if row.is_unowned),
            dependencies=tuple((row.blocker, row.dependent) for row in waiting.get(one, ())),
            delivered=tuple(row.done for row in delivered.get(one, ())),
            began=began[one],
            names=_names(opened.get(one, ()), waiting.get(one, ())),
        )
        for one in objectives
    }


async def with_open_items(conn: AsyncConnection, objectives: Iterable[str]) -> frozenset[str]:
    """Return those of these objectives of which something is open."""
    return frozenset(await conn.scalars(_ANY_OPEN, {"objectives": sorted(set(objectives))}))


async def newest_kept(conn: AsyncConnection, objectives: Iterable[str]) -> dict[str, tuple[Forecast, int]]:
    """Return the newest forecast of each of these objectives that has one, and the version that it was made by."""
    rows = await conn.execute(_NEWEST, {"objectives": sorted(set(objectives))})
    read = ((_FORECAST.validate_json(row.body), row.strategy_version) for row in rows)
    return {one.objective: (one, version) for one, version in read}


async def newest(conn: AsyncConnection, objectives: Iterable[str]) -> dict[str, Forecast]:
    """Return the newest forecast of each of these objectives that has one."""
    return {name: forecast for name, (forecast, _) in (await newest_kept(conn, objectives)).items()}


async def history(conn: AsyncConnection, objective: str) -> tuple[Forecast, ...]:
    """Return all forecasts of this objective as they were made, the newest first."""
    return tuple(map(_FORECAST.validate_json, await conn.scalars(_HISTORY, {"objective": objective})))


async def keep(conn: AsyncConnection, forecasts: Iterable[Forecast], version: int) -> None:
    """Keep these forecasts, made by this version of the strategy, for ever."""
    rows = [
        {"objective": one.objective, "as_of": one.as_of, "due": one.due, "version": version, "body": _body(one)}
        for one in sorted(forecasts, key=lambda one: (one.objective, one.as_of))
    ]
    if rows:
        await conn.execute(_KEEP, rows)


def _windows(objectives: Sequence[str], context: Context, now: datetime) -> dict[str, list[Any]]:
    """Return how far back each objective's deliveries matter, and which resolutions mean none."""
    known = [context.objective(one) for one in objectives]
    return {
        "sinces": [reaches_back_to(context.calendar(one.team if one else ""), now) for one in known],
        "cancelled": ["\n".join(cancelled_resolutions(context, one)) for one in objectives],
    }


def _names(leaves: Iterable[Row[Any]], waiting: Iterable[Row[Any]]) -> tuple[tuple[str, str], ...]:
    """Return how people call what may move an end: leaves, and the blockers from elsewhere."""
    blockers = {row.blocker: called(row.blocker, row.key, row.title) for row in waiting}
    return tuple((blockers | {row.ref: called(row.ref, row.key, row.title) for row in leaves}).items())


async def _grouped(conn: AsyncConnection, statement: Any, values: Mapping[str, Any]) -> Grouped:
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in await conn.execute(statement, values):
        found[row.objective].append(row)
    return found


def _body(forecast: Forecast) -> str:
    return _FORECAST.dump_json(forecast).decode()
