"""Reads the key results of objectives: what was measured, and when their objective's items were delivered."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.context import Context, KeyResultContext
from services.detector.facts import KeyResultFacts, Measured
from services.detector.rules.scope_growth import cancelled_resolutions

WINDOW: Final = timedelta(days=28)

_MEASURED: Final = text(
    """
    SELECT asked.ref, m.measured_at, m.value, m.source, m.confidence
    FROM unnest(CAST(:refs AS text[]), CAST(:sinces AS timestamptz[])) AS asked (ref, since)
    CROSS JOIN LATERAL (
        (SELECT measured_at, source, value, confidence FROM measurements
         WHERE key_result = asked.ref AND measured_at < asked.since ORDER BY measured_at DESC, source DESC LIMIT 1)
        UNION ALL
        SELECT measured_at, source, value, confidence FROM measurements
        WHERE key_result = asked.ref AND measured_at >= asked.since
    ) AS m ORDER BY asked.ref, m.measured_at, m.source
    """
)
_DELIVERED: Final = text(
    """
    SELECT asked.objective, i.done
    FROM unnest(CAST(:objectives AS text[]), CAST(:sinces AS timestamptz[]), CAST(:cancelled AS text[]))
         AS asked (objective, since, cancelled)
    CROSS JOIN LATERAL (
        SELECT done FROM items WHERE objective = asked.objective AND objective IS NOT NULL AND visible
          AND done >= asked.since AND status_category = 'done'
          AND CASE WHEN resolution_name IS NULL THEN resolution = 'delivered'
                   ELSE resolution_name <> ALL(string_to_array(asked.cancelled, chr(10))) END OFFSET 0
    ) AS i
    ORDER BY asked.objective, i.done
    """
)


async def read_key_results(
    conn: AsyncConnection, objectives: Iterable[str], context: Context, now: datetime
) -> dict[str, tuple[KeyResultFacts, ...]]:
    """Return the facts of all key results of these objectives, by objective, in the strategy's order."""
    wanted = [known for one in objectives if (known := context.objective(one)) is not None and known.key_results]
    asked = {one: _since(one, now) for known in wanted for one in known.key_results}
    if not asked:
        return {}
    measured = await _measured(conn, asked)
    delivered = await _delivered(conn, asked, context)
    return {
        known.id: tuple(
            KeyResultFacts(
                known.id,
                one.id,
                tuple(measured.get(one.ref, ())),
                tuple(done for done in delivered.get(known.id, ()) if done >= asked[one]),
            )
            for one in known.key_results
        )
        for known in wanted
    }


def _since(key_result: KeyResultContext, now: datetime) -> datetime:
    return now - WINDOW - timedelta(days=key_result.lag_days)


async def _measured(conn: AsyncConnection, asked: dict[KeyResultContext, datetime]) -> defaultdict[str, list[Measured]]:
    found: defaultdict[str, list[Measured]] = defaultdict(list)
    values = {"refs": [one.ref for one in asked], "sinces": list(asked.values())}
    for ref, at, value, source, confidence in await conn.execute(_MEASURED, values):
        found[ref].append(Measured(at, value, source, confidence))
    return found


async def _delivered(
    conn: AsyncConnection, asked: dict[KeyResultContext, datetime], context: Context
) -> defaultdict[str, list[datetime]]:
    """Return what was delivered since the earliest moment that one of an objective's key results asks for."""
    sinces: dict[str, datetime] = {}
    for one, since in asked.items():
        sinces[one.objective] = min(since, sinces.get(one.objective, since))
    values = {
        "objectives": list(sinces),
        "sinces": list(sinces.values()),
        "cancelled": ["\n".join(cancelled_resolutions(context, one)) for one in sinces],
    }
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    for objective, done in await conn.execute(_DELIVERED, values):
        found[objective].append(done)
    return found
