"""How long a team's finished items were in progress: counted when the team is judged, kept for judging its items.

Promise: what is deleted or out of sight does not count, as it counts nowhere else of what was done. When a team's pace
changed, its items in progress are judged again, and the team is looked at again at the moment when the oldest finished
item falls out of the window.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.facts import PaceFacts
from services.detector.spreading import PACE_PREFIX, note_dirty

WINDOW: Final = timedelta(days=90)

_COUNT: Final = text(
    """
    SELECT t.team, f.finished, f.percentile, f.oldest FROM unnest(CAST(:teams AS text[])) AS t (team)
    CROSS JOIN LATERAL (
        SELECT count(*) AS finished, min(i.done) AS oldest,
               percentile_disc(0.85) WITHIN GROUP (ORDER BY i.done - i.started) AS percentile
        FROM items i WHERE i.team = t.team AND i.done > CAST(:since AS timestamptz) AND i.status_category = 'done'
          AND i.started IS NOT NULL AND i.done IS NOT NULL AND i.type <> 'subtask' AND i.type <> 'epic' AND i.visible
    ) AS f
    """
)
_READ: Final = text("SELECT team, finished, percentile_seconds FROM paces WHERE team = ANY(CAST(:teams AS text[]))")
_KEEP: Final = text(
    "INSERT INTO paces AS known (team, finished, percentile_seconds) SELECT team, finished, seconds FROM "
    "unnest(CAST(:teams AS text[]), CAST(:finished AS integer[]), CAST(:seconds AS float[])) "
    "AS counted (team, finished, seconds) ORDER BY team "
    "ON CONFLICT (team) DO UPDATE SET finished = excluded.finished, percentile_seconds = excluded.percentile_seconds "
    "WHERE (known.finished, known.percentile_seconds) IS DISTINCT FROM "
    "(excluded.finished, excluded.percentile_seconds) RETURNING team"
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A team's pace as it is now; `lapses` is when the oldest item that it counts falls out of the window."""

    pace: PaceFacts
    lapses: datetime | None = None


async def read_paces(conn: AsyncConnection, teams: Collection[str]) -> dict[str, PaceFacts]:
    """Return the paces of these teams as they were counted last; nothing of those that never were."""
    if not teams:
        return {}
    rows = await conn.execute(_READ, {"teams": sorted(teams)})
    return {team: PaceFacts(finished, _span(seconds)) for team, finished, seconds in rows}


async def count_paces(conn: AsyncConnection, teams: Collection[str], now: datetime) -> dict[str, Counted]:
    """Return the paces of these teams by what is known now."""
    rows = await conn.execute(_COUNT, {"teams": sorted(teams), "since": now - WINDOW})
    return {
        row.team: Counted(PaceFacts(row.finished, row.percentile), None if row.oldest is None else row.oldest + WINDOW)
        for row in rows
    }


async def keep_paces(conn: AsyncConnection, counted: Mapping[str, Counted], flows: Mapping[str, str]) -> None:
    """Keep these paces, and have the items in progress of every team whose pace is another one judged again.

    `flows` names by team the load that had the team judged, so that what comes of it is told with that load.
    """
    if not counted:
        return
    teams = sorted(counted)
    paces = [counted[team].pace for team in teams]
    values = {
        "teams": teams,
        "finished": [pace.finished for pace in paces],
        "seconds": [None if pace.percentile is None else pace.percentile.total_seconds() for pace in paces],
    }
    changed = await conn.scalars(_KEEP, values)
    await note_dirty(conn, [(PACE_PREFIX + team, flows[team]) for team in changed])


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
