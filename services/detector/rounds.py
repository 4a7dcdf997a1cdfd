"""One round of judging, in one transaction: take, read, judge, keep what is different, let go.

Promise: what a round writes was judged from what was committed when it had taken its subjects; what comes later is
spread to them once the round is committed (see `agenda.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector import agenda, connections_copy, cycles, store_findings
from services.detector.agenda import CYCLE_PREFIX, Lane
from services.detector.context import CONNECTION_PREFIX, OBJECTIVE_PREFIX, TEAM_PREFIX, Context
from services.detector.facts import CycleFacts, Facts, ItemFacts
from services.detector.groups import read_objectives, read_teams
from services.detector.judging import Change, Judged, Scene, differences
from services.detector.neighbourhood import read_items, read_neighbourhoods
from services.detector.rules.registry import judge
from services.detector.verdict import NOTHING, Draft, Verdict
from services.runtime.bus import Bus
from services.runtime.faultpoints import faultpoint

ITEMS_A_ROUND: Final = 500
GROUPS_A_ROUND: Final = 200
CYCLES_A_ROUND: Final = 500
CYCLE_ANCHOR: Final = "cycle:all"
"""All cycles are judged together, so they have one anchor."""


@dataclass
class Results:
    """What a round has come to so far."""

    changes: list[Change] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        """Add what came of one subject."""
        self.changes.extend(judged.changes)
        self.confirmed.extend(judged.confirmed)


async def judge_items(conn: AsyncConnection, bus: Bus, context: Context, now: datetime) -> int:
    """Judge a round of items; return how many."""
    taken = await agenda.take(conn, Lane.ITEM, now, ITEMS_A_ROUND)
    if not taken:
        return 0
    around = await read_neighbourhoods(conn, sorted(taken))
    items: dict[str, ItemFacts] = {}
    for facts in around.values():
        items[facts.item.ref] = facts.item
        items.update((wait.dependent.ref, wait.dependent) for wait in facts.waiting)
        items.update((blocker.ref, blocker) for blocker in facts.blockers)
    await _judge_and_keep(conn, bus, taken, around, Scene(items, context, now))
    return len(taken)


async def judge_groups(conn: AsyncConnection, bus: Bus, context: Context, now: datetime) -> int:
    """Judge a round of teams and a round of objectives; return how many."""
    teams = await agenda.take(conn, Lane.TEAM, now, GROUPS_A_ROUND)
    objectives = await agenda.take(conn, Lane.OBJECTIVE, now, GROUPS_A_ROUND)
    if not teams and not objectives:
        return 0
    names = [subject.removeprefix(TEAM_PREFIX) for subject in sorted(teams)]
    facts: dict[str, Facts] = {}
    if teams:
        by_team = await read_teams(conn, names, context, now)
        facts.update((TEAM_PREFIX + name, found) for name, found in by_team.items())
    if objectives:
        named = [subject.removeprefix(OBJECTIVE_PREFIX) for subject in sorted(objectives)]
        by_objective = await read_objectives(conn, named, context)
        facts.update((OBJECTIVE_PREFIX + name, found) for name, found in by_objective.items())
    await _judge_and_keep(conn, bus, teams | objectives, facts, Scene({}, context, now))
    return len(teams) + len(objectives)


async def judge_connections(conn: AsyncConnection, bus: Bus, context: Context, now: datetime) -> int:
    """Judge the connections that are due, and turn to those whose items can no longer, or again, be told of."""
    taken = await agenda.take(conn, Lane.CONNECTION, now, GROUPS_A_ROUND)
    if not taken:
        return 0
    facts, blind = await connections_copy.read(conn, [one.removeprefix(CONNECTION_PREFIX) for one in sorted(taken)])
    known = await store_findings.open_findings(conn, list(taken))
    results, checks = Results(), {}
    for name, found in facts.items():
        subject = CONNECTION_PREFIX + name
        verdict = judge(found, context, now)
        if verdict.check_after is not None:
            checks[subject] = verdict.check_after
        results.add(differences(subject, verdict, known.get(subject, {}), Scene({}, context, now), ""))
        if bool(verdict.findings) != (name in blind):
            await connections_copy.turn(conn, name, is_blind=bool(verdict.findings))
    await _keep(conn, bus, results, context)
    await agenda.settle(conn, list(taken), checks, now)
    return len(taken)


async def judge_cycles(conn: AsyncConnection, bus: Bus, context: Context, now: datetime) -> int:
    """Judge the cycles around a round of items; return how many items."""
    await cycles.lock_cycles(conn)
    taken = await agenda.take(conn, Lane.CYCLE, now, CYCLES_A_ROUND)
    if not taken:
        return 0
    seeds = {subject.removeprefix(CYCLE_PREFIX) for subject in taken}
    before = await cycles.cycles_with(conn, seeds)
    components = await cycles.components_from(conn, seeds.union(*before.values()))
    before |= await cycles.cycles_with(conn, frozenset().union(*components))
    items = await read_items(conn, frozenset().union(*components, *before.values()))
    blind = await connections_copy.blind_among(conn, items)
    verdict = _judge_components(components, before, Scene(items, context, now), blind)
    known = await store_findings.named_findings(conn, sorted(before))
    flow = max(taken.values())
    results = Results()
    results.add(differences(CYCLE_ANCHOR, verdict, known, Scene(items, context, now), flow))
    held = {draft.fingerprint: draft.subjects for draft in verdict.findings}
    await cycles.forget(conn, sorted(set(before) - set(held) - verdict.unknown))
    await cycles.remember(conn, held)
    await _keep(conn, bus, results, context)
    await agenda.settle(conn, list(taken), {}, now)
    faultpoint("detector.judged")
    return len(taken)


def _judge_components(
    components: list[frozenset[str]], before: Mapping[str, set[str]], scene: Scene, blind: frozenset[str]
) -> Verdict:
    """Return the cycles that hold; one with a member of which nothing can be told is unknown, or not yet found."""
    drafts: list[Draft] = []
    for component in components:
        if component & blind:
            continue
        facts = CycleFacts(tuple(scene.items[ref] for ref in sorted(component)))
        drafts.extend(judge(facts, scene.context, scene.now).findings)
    held = {draft.fingerprint for draft in drafts}
    lost = {
        name for name, members in before.items() if name not in held and (members & blind or _is_untold(members, scene))
    }
    return Verdict(tuple(drafts), unknown=frozenset(lost))


def _is_untold(members: set[str], scene: Scene) -> bool:
    """Tell whether a cycle may still be one, but a member is out of sight."""
    known = [scene.items[ref] for ref in members if ref in scene.items]
    return any(item.is_missing for item in known) and all(item.is_missing or item.is_open for item in known)


async def _judge_and_keep(
    conn: AsyncConnection, bus: Bus, taken: Mapping[str, str], facts: Mapping[str, Facts], scene: Scene
) -> None:
    held = await agenda.held_by_now(conn, list(taken))
    free = {subject: flow for subject, flow in taken.items() if subject not in held}
    known = await store_findings.open_findings(conn, list(free))
    blind = await connections_copy.blind_among(conn, free)
    results, checks = Results(), {}
    for subject, flow in free.items():
        found = facts.get(subject)
        if subject in blind:
            # Whoever sees again is put on the agenda by `turn`.
            verdict = Verdict(unknown=frozenset(known.get(subject, {})))
        else:
            verdict = judge(found, scene.context, scene.now) if found is not None else NOTHING
        if verdict.check_after is not None:
            checks[subject] = verdict.check_after
        if verdict.findings or subject in known:
            results.add(differences(subject, verdict, known.get(subject, {}), scene, flow))
    await _keep(conn, bus, results, scene.context)
    await agenda.settle(conn, list(free), checks, scene.now)
    faultpoint("detector.judged")


async def _keep(conn: AsyncConnection, bus: Bus, results: Results, context: Context) -> None:
    await store_findings.keep(conn, bus, results.changes, context.version)
    await store_findings.confirm(conn, results.confirmed, context.version)
