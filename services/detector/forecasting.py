"""Which objectives are to be forecast now, and their forecasts made: one a day, and one after their due or strategy.

Promise: an objective is forecast while the strategy names it and something of it is open, but not on half a load, and
not while nothing can be told of it. The trials are run beside the event loop.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector import agenda, connections_copy
from services.detector.context import OBJECTIVE_PREFIX, Context, ObjectiveContext
from services.detector.facts import Forecast, ObjectiveFacts
from services.detector.forecast.pure import ForecastInputs, make_forecast, seed_of
from services.detector.forecast.store import keep, newest_kept, read_inputs

FORECASTS_A_ROUND: Final = 25
"""So that those who wait for these objectives' rows do not wait long."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Foretold:
    """Objectives with their newest forecasts, without those that have to wait for one; and when a new day begins."""

    facts: Mapping[str, ObjectiveFacts]
    looks: Mapping[str, datetime]


async def with_forecasts(
    conn: AsyncConnection, facts: Mapping[str, ObjectiveFacts], context: Context, now: datetime
) -> Foretold:
    """Return these objectives with their forecasts of today, made and kept where there are none yet."""
    asked = [found for one in facts.values() if (found := asks_for_one(one, context)) is not None]
    looks = {one.id: _tomorrow(one, context, now) for one in asked}
    kept = await newest_kept(conn, facts)
    stale = [one for one in asked if one.id not in kept or _is_stale(one, *kept[one.id], context, now)]
    known = {name: forecast for name, (forecast, _) in kept.items()}
    known |= await _made(conn, stale[:FORECASTS_A_ROUND], context, now)
    late = {one.id for one in stale[FORECASTS_A_ROUND:]}
    whole = {name: replace(one, forecast=known.get(name)) for name, one in facts.items() if name not in late}
    return Foretold(whole, looks)


def asks_for_one(facts: ObjectiveFacts, context: Context) -> ObjectiveContext | None:
    """Return the objective as the strategy has it if it is to be forecast: something of it is open.

    One whose due is past too: it cannot be in time any more, but people still ask when it may be done.
    """
    return context.objective(facts.objective) if facts.open_items else None


def _is_stale(objective: ObjectiveContext, made: Forecast, version: int, context: Context, now: datetime) -> bool:
    if made.due != objective.due or version != context.version:
        return True
    calendar = context.calendar(objective.team)
    return calendar.date_of(made.as_of) != calendar.date_of(now)


def _tomorrow(objective: ObjectiveContext, context: Context, now: datetime) -> datetime:
    calendar = context.calendar(objective.team)
    return calendar.start_of(calendar.date_of(now) + _DAY)


async def _made(
    conn: AsyncConnection, objectives: Sequence[ObjectiveContext], context: Context, now: datetime
) -> dict[str, Forecast]:
    if not objectives:
        return {}
    inputs = await read_inputs(conn, [one.id for one in objectives], context, now)
    subjects = [OBJECTIVE_PREFIX + one.id for one in objectives]
    barred = await agenda.held_by_now(conn, subjects) | await connections_copy.blind_among(conn, subjects)
    told = [one for one in objectives if OBJECTIVE_PREFIX + one.id not in barred and one.id in inputs]
    made = await asyncio.to_thread(_run, told, inputs, context, now)
    await keep(conn, made, context.version)
    return {one.objective: one for one in made}


def _run(
    objectives: Iterable[ObjectiveContext], inputs: Mapping[str, ForecastInputs], context: Context, now: datetime
) -> list[Forecast]:
    made = []
    for one in objectives:
        calendar = context.calendar(one.team)
        seed = seed_of(one.id, calendar.date_of(now))
        made.append(make_forecast(inputs[one.id], one.due, calendar, now, seed))
    return made
