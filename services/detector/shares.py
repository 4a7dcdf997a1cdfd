"""Reads whose working days went into which items, and shares them out among categories and bets.

Promise: only items that are in progress, or moved since the window began, are read, and nobody is named in what comes
out. The counting is done beside the event loop, because it may take a second where thousands work.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import ChangeAspect, StatusCategory
from services.detector.capacity import WINDOW_DAYS, ItemDays, Worked, item_days, stretches
from services.detector.context import BET_PREFIX, CATEGORY_PREFIX, Context
from services.detector.facts import CapacityFacts
from services.detector.histories import read_pasts
from services.detector.timeline import Past, seen_from
from services.runtime.calendar import DEFAULT

_DAY: Final = timedelta(days=1)
_SLACK: Final = 2 * _DAY
"""A day begins up to 14 hours earlier, and ends up to 12 hours later, than in UTC."""
_ASPECTS: Final = (ChangeAspect.STATUS, ChangeAspect.ASSIGNEE)

_WORKED: Final = text(
    """
    SELECT ref, team, category, objective, status_category, assignee, created, started, done FROM items
    WHERE is_open AND status_category = 'in_progress' AND type <> 'epic' AND type <> 'initiative'
    UNION ALL
    SELECT ref, team, category, objective, status_category, assignee, created, started, done FROM items
    WHERE moved >= CAST(:since AS timestamptz) AND moved IS NOT NULL AND visible AND status_category <> 'in_progress'
      AND type <> 'epic' AND type <> 'initiative'
    """
)


async def read_shares(conn: AsyncConnection, context: Context, now: datetime) -> list[CapacityFacts]:
    """Return the facts of every category and bet for which a share is meant, in the strategy's order."""
    if not context.shares:
        return []
    since = DEFAULT.start_of(DEFAULT.date_of(now) - WINDOW_DAYS * _DAY)
    items = [_worked(row, context) for row in await conn.execute(_WORKED, {"since": since - _SLACK})]
    pasts = await read_pasts(conn, (item.ref for item in items), _ASPECTS)
    days = await asyncio.to_thread(_shared, items, pasts, context, now)
    seen, lapses = seen_from(*pasts.values()), next_day(context, now)
    return [
        CapacityFacts(share.ref, days.by_share.get(share.ref, 0.0), days.total, since, lapses, seen)
        for share in context.shares
    ]


def next_day(context: Context, now: datetime) -> datetime:
    """Return when the next day begins, wherever one of the strategy's teams works, or in UTC."""
    calendars = {DEFAULT, *(team.calendar for team in context.teams.values())}
    return min(calendar.start_of(calendar.date_of(now) + _DAY) for calendar in calendars)


def _shared(items: Iterable[Worked], pasts: Mapping[str, Past], context: Context, now: datetime) -> ItemDays:
    worked = (one for item in items for one in stretches(item, pasts.get(item.ref, ()), now))
    return item_days(worked, context.calendar_of, now)


def _worked(row: Row[Any], context: Context) -> Worked:
    objective = context.objective(row.objective)
    category = (CATEGORY_PREFIX + row.category,) if row.category else ()
    bet = (BET_PREFIX + objective.bet,) if objective and objective.bet else ()
    return Worked(
        ref=row.ref,
        team=row.team,
        shares=(*category, *bet),
        status_category=StatusCategory(row.status_category),
        assignee=row.assignee,
        created=row.created,
        started=row.started,
        done=row.done,
    )
