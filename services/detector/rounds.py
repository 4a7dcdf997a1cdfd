"""One round of judging, in one transaction: take, read, judge, keep what is different, let go.

Promise: what a round writes was judged from what was committed when it had taken its subjects; what comes later is
spread to them once the round is committed (see `agenda.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector import agenda, connections_copy, cycles, store_findings
from services.detector.agenda import CYCLE_PREFIX, Lane
from services.detector.context import CONNECTION_PREFIX, Context
from services.detector.facts import CycleFacts, Facts, ItemFacts
from services.detector.items import read_items
from services.detector.judging import Change, Judged, Scene, differences
from services.detector.neighbourhood import read_neighbourhoods
from services.detector.rules.registry import judge
from services.detector.verdict import Draft, Verdict, merge
from services.runtime.bus import Bus
from services.runtime.faultpoints import faultpoint

ITEMS_A_ROUND: Final = 500
CONNECTIONS_A_ROUND: Final = 200
CYCLES_A_ROUND: Final = 500
CYCLE_ANCHOR: Final = "cycle:all"
"""All cycles are judged together, so they have one anchor."""
NO_LOOKS: Final[Mapping[str, datetime]] = {}


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
    around = await read_neighbourhoods(conn, sorted(taken), context)
    items: dict[str, ItemFacts] = {}
    for facts in around.values():
        items[facts.item.ref] = facts.item
        items.update((wait.dependent.ref, wait.dependent) for wait in facts.waiting)
        items.update((blocker.ref, blocker) for blocker in facts.blockers)
        items.update((twin.item.ref, twin.item) for twin in facts.twins)
    by_subject = {ref: (found,) for ref, found in around.items()}
    await judge_and_keep(conn, bus, taken, by_subject, Scene(items, context, now))
    return len(taken)


async def judge_connections(conn: AsyncConnection, bus: Bus, context: Context, now: datetime) -> int:
    """Judge the connections that are due, and turn to those whose items can no longer, or again, be told of."""
    taken = await agenda.take(conn, Lane.CONNECTION, now, CONNECTIONS_A_ROUND)
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
    flow = max(taken.values(), key=lambda flow: (not agenda.is_of_strategy(flow), flow))
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


async def judge_and_keep(
    conn: AsyncConnection,
    bus: Bus,
    taken: Mapping[str, str],
    facts: Mapping[str, Sequence[Facts]],
    scene: Scene,
    *,
    looks: Mapping[str, datetime] = NO_LOOKS,
) -> list[str]:
    """Judge what was taken by its facts, and keep what came of it; return the subjects that could be judged.

    `looks` are moments at which a subject's facts change by themselves. What a load under way has brought something of
    is left for later; that of which nothing can be told is unknown.
    """
    held = await agenda.held_by_now(conn, list(taken))
    free = {subject: flow for subject, flow in taken.items() if subject not in held}
    known = await store_findings.open_findings(conn, list(free))
    blind = await connections_copy.blind_among(conn, free)
    results, checks = Results(), {}
    for subject, flow in free.items():
        if subject in blind:
            # Whoever sees again is put on the agenda by `turn`.
            verdict = Verdict(unknown=frozenset(known.get(subject, {})))
        else:
            verdict = merge(judge(found, scene.context, scene.now) for found in facts.get(subject, ()))
        again = [moment for moment in (verdict.check_after, looks.get(subject)) if moment is not None]
        if again:
            checks[subject] = min(again)
        if verdict.findings or subject in known:
            results.add(differences(subject, verdict, known.get(subject, {}), scene, flow))
    await _keep(conn, bus, results, scene.context)
    await agenda.settle(conn, list(free), checks, scene.now)
    faultpoint("detector.judged")
    return [subject for subject in free if subject not in blind]


async def _keep(conn: AsyncConnection, bus: Bus, results: Results, context: Context) -> None:
    await store_findings.keep(conn, bus, results.changes, context.version)
    await store_findings.confirm(conn, results.confirmed, context.version)
