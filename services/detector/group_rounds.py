"""Rounds of teams, of objectives with their key results, and of all shares of capacity.

Promise: what the facts of a subject owe to the passing of time alone (a finished item that falls out of a window, a day
that is over) has it judged again at that moment.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector import agenda
from services.detector.agenda import Lane
from services.detector.context import OBJECTIVE_PREFIX, TEAM_PREFIX, Context
from services.detector.facts import Facts
from services.detector.first_day import as_part_of_opening, nothing_yet
from services.detector.forecasting import with_forecasts
from services.detector.groups import read_teams
from services.detector.judging import Scene
from services.detector.key_results import read_key_results
from services.detector.objectives import read_objectives
from services.detector.paces import count_paces, keep_paces
from services.detector.rounds import judge_and_keep
from services.detector.shares import next_day, read_shares
from services.runtime.bus import Bus

GROUPS_A_ROUND: Final = 200


async def judge_groups(conn: AsyncConnection, bus: Bus, context: Context, now: datetime) -> int:
    """Judge a round of teams and a round of objectives; return how many."""
    teams = await agenda.take(conn, Lane.TEAM, now, GROUPS_A_ROUND)
    objectives = {} if await nothing_yet(conn) else await agenda.take(conn, Lane.OBJECTIVE, now, GROUPS_A_ROUND)
    judged = await _judge_teams(conn, bus, teams, context, now) if teams else 0
    return judged + (await _judge_objectives(conn, bus, objectives, context, now) if objectives else 0)


async def _judge_teams(
    conn: AsyncConnection, bus: Bus, taken: Mapping[str, str], context: Context, now: datetime
) -> int:
    names = _names(taken, TEAM_PREFIX)
    counted = await count_paces(conn, names, now)
    facts = await read_teams(conn, names, context, now)
    looks = {TEAM_PREFIX + name: pace.lapses for name, pace in counted.items() if pace.lapses is not None}
    by_subject = {TEAM_PREFIX + name: (found,) for name, found in facts.items()}
    taken = await as_part_of_opening(conn, taken)
    judged = await judge_and_keep(conn, bus, taken, by_subject, Scene({}, context, now), looks=looks)
    flows = {name: taken[TEAM_PREFIX + name] for name in _names(judged, TEAM_PREFIX)}
    await keep_paces(conn, {name: counted[name] for name in flows}, flows)
    return len(taken)


async def _judge_objectives(
    conn: AsyncConnection, bus: Bus, taken: Mapping[str, str], context: Context, now: datetime
) -> int:
    """Judge objectives with their key results; those whose forecast has to wait for another round wait with it."""
    names = _names(taken, OBJECTIVE_PREFIX)
    found = await with_forecasts(conn, await read_objectives(conn, names, context, now), context, now)
    key_results = await read_key_results(conn, found.facts, context, now)
    facts: dict[str, Sequence[Facts]] = {
        OBJECTIVE_PREFIX + name: (one, *key_results.get(name, ())) for name, one in found.facts.items()
    }
    ready = await as_part_of_opening(conn, {one: flow for one, flow in taken.items() if one in facts})
    looks = {OBJECTIVE_PREFIX + name: moment for name, moment in found.looks.items()}
    await judge_and_keep(conn, bus, ready, facts, Scene({}, context, now), looks=looks)
    return len(taken)


async def judge_capacity(conn: AsyncConnection, bus: Bus, context: Context, now: datetime) -> int:
    """Judge all shares of capacity, if they are due; return 1 if they were."""
    taken = {} if await nothing_yet(conn) else await agenda.take(conn, Lane.CAPACITY, now, 1)
    if not taken:
        return 0
    taken = await as_part_of_opening(conn, taken)
    facts = await read_shares(conn, context, now)
    looks = {subject: next_day(context, now) for subject in taken if facts}
    await judge_and_keep(conn, bus, taken, dict.fromkeys(taken, facts), Scene({}, context, now), looks=looks)
    return len(taken)


def _names(subjects: Sequence[str] | Mapping[str, str], prefix: str) -> list[str]:
    return sorted(subject.removeprefix(prefix) for subject in subjects)
