"""Reads teams from indexes: sums and extremes, and of their items the few that a policy calls escalations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import StatusCategory
from services.detector.context import Context
from services.detector.facts import ItemFacts, TeamFacts, WaitingTeam
from services.detector.items import read_items
from services.detector.rules.escalation_load import EscalationPolicy, is_escalation
from services.detector.rules.unaligned_work import active_since

_COUNTED: Final = "i.team = t.team AND i.is_open AND i.type <> 'subtask' AND i.type <> 'epic'"
_ACTIVE: Final = text(
    f"""
    SELECT t.team, count(*) AS active, count(*) FILTER (WHERE a.objective IS NULL) AS unaligned,
           min(a.lapses) AS next_to_lapse, count(*) FILTER (WHERE a.lapses IS NULL) AS in_progress,
           array_agg(DISTINCT a.objective) FILTER (WHERE a.lapses IS NULL AND a.objective IS NOT NULL) AS busy
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
_MARKS: Final = text(
    "SELECT DISTINCT team, type_name, labels FROM items "
    "WHERE team = ANY(CAST(:teams AS text[])) AND is_open AND marked AND type <> 'subtask' AND type <> 'epic'"
)
_MARKED: Final = text(
    """
    SELECT i.ref FROM unnest(CAST(:teams AS text[]), CAST(:types AS text[]), CAST(:labels AS text[]))
         AS sought (team, type_name, labels)
    JOIN items i ON i.team = sought.team AND i.is_open AND i.marked AND i.type <> 'subtask' AND i.type <> 'epic'
     AND i.type_name = sought.type_name AND array_to_string(i.labels, chr(10)) = sought.labels
    """
)


async def read_teams(
    conn: AsyncConnection, teams: Sequence[str], context: Context, now: datetime
) -> dict[str, TeamFacts]:
    """Return the facts of these teams as of `now`; of one without items that nothing is there."""
    sinces = {team: active_since(context, team, now) for team in teams}
    values = {"teams": list(sinces), "sinces": list(sinces.values())}
    active = {row.team: row for row in await conn.execute(_ACTIVE, values)}
    waiting: defaultdict[str, list[WaitingTeam]] = defaultdict(list)
    for row in await conn.execute(_WAITING, {"teams": list(teams)}):
        waiting[row.team].append(WaitingTeam(row.other, row.dependencies, row.since))
    escalated = await _escalations(conn, teams, context)
    return {
        team: _team(team, sinces[team], active.get(team), waiting.get(team, ()), escalated.get(team, ()))
        for team in teams
    }


def _team(
    team: str,
    since: datetime,
    counted: Row[Any] | None,
    waiting: Iterable[WaitingTeam],
    escalations: Sequence[ItemFacts],
) -> TeamFacts:
    if counted is None:
        return TeamFacts(team, waiting=tuple(waiting), escalations=tuple(escalations))
    begun = StatusCategory.IN_PROGRESS
    return TeamFacts(
        team,
        counted.active,
        counted.unaligned,
        counted.next_to_lapse,
        tuple(waiting),
        counted.in_progress,
        tuple(sorted(counted.busy or ())),
        tuple(escalations),
        sum(item.status_category is begun or item.touched >= since for item in escalations),
    )


async def _escalations(conn: AsyncConnection, teams: Sequence[str], context: Context) -> dict[str, list[ItemFacts]]:
    """Return what the policy calls a customer escalation among the open items of these teams, oldest first.

    Asked by the few different marks that a team's items bear: mostly none of them says so.
    """
    sought = [row for row in await conn.execute(_MARKS, {"teams": list(teams)}) if _could_be(row, context)]
    if not sought:
        return {}
    values = {
        "teams": [row.team for row in sought],
        "types": [row.type_name for row in sought],
        "labels": ["\n".join(row.labels) for row in sought],
    }
    items = await read_items(conn, await conn.scalars(_MARKED, values))
    found: defaultdict[str, list[ItemFacts]] = defaultdict(list)
    for item in sorted(items.values(), key=lambda item: (item.created, item.ref)):
        if is_escalation(item, context.policy(EscalationPolicy, item.team)):
            found[item.team].append(item)
    return found


def _could_be(row: Row[Any], context: Context) -> bool:
    """Tell whether any word of this mark is one of the policy's; the rule itself decides on the item."""
    policy = context.policy(EscalationPolicy, row.team)
    words = {word.casefold() for word in (*policy.escalation_labels, *policy.escalation_types)}
    return not words.isdisjoint(word.casefold() for word in (row.type_name, *row.labels))
