"""Why a rule holds a finding on a subject, or does not: its conditions with their numbers, as of now.

Promise: the facts are those that the judging rounds read, and the conditions those of the rule itself. Nothing is
judged, kept or published by asking.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.findings import Subject
from services.detector import connections_copy, cycles
from services.detector.context import CONNECTION_PREFIX, Context, Mode
from services.detector.facts import (
    CapacityFacts,
    ConnectionFacts,
    CycleFacts,
    Facts,
    ItemFacts,
    ItemNeighbourhood,
    KeyResultFacts,
    ObjectiveFacts,
    TeamFacts,
)
from services.detector.fingerprint import fingerprint
from services.detector.forecast import store as forecasts
from services.detector.groups import read_teams
from services.detector.items import read_items
from services.detector.key_results import read_key_results
from services.detector.neighbourhood import read_neighbourhoods
from services.detector.objectives import read_objectives
from services.detector.rule import About, Condition, Rule
from services.detector.rules.registry import BY_NAME
from services.detector.shares import read_shares
from services.detector.strategy_copy import Contexts
from services.runtime.database import RoomDatabase
from services.runtime.errors import Misconfigured

_BY_KEY: Final = text("SELECT ref FROM items WHERE key = :name OR ref = :name ORDER BY ref LIMIT 3")
_KINDS: Final[dict[str, tuple[type[Facts], str]]] = {
    "team": (TeamFacts, "teams"),
    "objective": (ObjectiveFacts, "objectives"),
    "key-result": (KeyResultFacts, "key results"),
    "category": (CapacityFacts, "categories and bets"),
    "bet": (CapacityFacts, "categories and bets"),
    "connection": (ConnectionFacts, "connections"),
}
"""What a subject's ref begins with, where it is no item: the facts of it, and how people call such things."""

_ITEMS: Final = "items"
_RINGS: Final = "items that wait for each other"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says of these subjects now.

    `holds` tells whether all its conditions hold. `mode` is how the rule is used here. `blind` are subjects of which
    nothing can be told now, because a connection brings no data: what is known of them is old.
    """

    rule: str
    subjects: tuple[Subject, ...]
    fingerprint: str
    holds: bool
    conditions: tuple[Condition, ...]
    mode: Mode = Mode.ON
    blind: tuple[str, ...] = ()


async def why(database: RoomDatabase, now: datetime, rule: str, names: Sequence[str]) -> list[Answer]:
    """Return what a rule says of the subjects that these names mean, one answer for each pair where it is about pairs.

    A name is an item's key or ref, or `team:<id>`, `objective:<id>`, `key-result:<objective>/<id>`, `category:<id>`,
    `bet:<id>`, `connection:<id>`. Raises `Misconfigured` with what to ask instead.
    """
    async with database.transaction() as conn:
        context = await Contexts().active(conn)
        if context is None:
            raise Misconfigured("No strategy is applied, so no rule is asked: run `leeway apply strategy.yaml`.")
        refs = [await _ref_of(conn, name, BY_NAME[rule], context) for name in names]
        return await _Asked(conn, context, now, BY_NAME[rule]).answers(refs)


async def _ref_of(conn: AsyncConnection, name: str, rule: Rule[Any], context: Context) -> str:
    """Return the ref that a name means; a bare id is taken for a subject of the rule's kind."""
    if name.partition(":")[0] in _KINDS:
        return name
    found = list(await conn.scalars(_BY_KEY, {"name": name}))
    if len(found) == 1:
        return str(found[0])
    if found:
        raise Misconfigured(f"Several items are called {name}; give one of the refs {', '.join(found)}.")
    known = [
        *(f"objective:{one}" for one in context.objectives if one == name),
        *(f"team:{one}" for one in context.teams if one == name),
        *(one.ref for each in context.objectives.values() for one in each.key_results if f"{each.id}/{one.id}" == name),
        *(share.ref for share in context.shares if share.ref.partition(":")[2] == name),
    ]
    fitting = [ref for ref in known if _KINDS[ref.partition(":")[0]][0] in rule.facts]
    if len(fitting) == 1:
        return fitting[0]
    raise Misconfigured(f"Nothing is known of {name!r}; give an item's key, or as in objective:<id>, team:<id>.")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question about one rule, in one transaction."""

    conn: AsyncConnection
    context: Context
    now: datetime
    rule: Rule[Any]

    async def answers(self, refs: Sequence[str]) -> list[Answer]:
        first = refs[0]
        kind, called = _KINDS.get(first.partition(":")[0], (ItemNeighbourhood, _ITEMS))
        if kind is ItemNeighbourhood and CycleFacts in self.rule.facts:
            return [await self._ring(refs)]
        if kind not in self.rule.facts:
            known = sorted({words for of, words in (*_KINDS.values(), *_OF_ITEMS) if of in self.rule.facts})
            raise Misconfigured(f"{self.rule.name} is not about {called}, but about {' and '.join(known)}.")
        if kind is ItemNeighbourhood:
            return await self._items(refs)
        return [await self._answer(await self._group(first, kind), (first,), {})]

    async def _items(self, refs: Sequence[str]) -> list[Answer]:
        around = await read_neighbourhoods(self.conn, sorted(set(refs)), self.context)
        if missing := [ref for ref in refs if ref not in around]:
            raise Misconfigured(f"Nothing is known of {', '.join(missing)}.")
        pairs = self._pairs(refs, around)
        anchors = await read_neighbourhoods(self.conn, sorted({pair[0] for pair in pairs}), self.context)
        items = {ref: facts.item for ref, facts in (around | anchors).items()}
        items |= await read_items(self.conn, {ref for pair in pairs for ref in pair if ref not in items})
        return [await self._answer(anchors[pair[0]], pair, items) for pair in pairs if pair[0] in anchors]

    def _pairs(self, refs: Sequence[str], around: dict[str, ItemNeighbourhood]) -> list[tuple[str, ...]]:
        """Return what to ask of: the item itself, the pair that was named, or each pair that it is part of."""
        if self.rule.about is About.ONE:
            return [(ref,) for ref in refs]
        if len(refs) > 1:
            return [tuple(sorted(refs[:2])) if self.rule.about is About.TWINS else (refs[0], refs[1])]
        (ref,), facts = refs, around[refs[0]]
        if self.rule.about is About.TWINS:
            pairs = [tuple(sorted((ref, twin.item.ref))) for twin in facts.twins]
        else:
            pairs = [(ref, wait.dependent.ref) for wait in facts.waiting]
            pairs += [(blocker.ref, ref) for blocker in facts.blockers]
        if not pairs:
            what = (
                "has no known twin" if self.rule.about is About.TWINS else "waits for nothing and nothing waits for it"
            )
            raise Misconfigured(f"{facts.item.key} {what}, so {self.rule.name} has nothing to say of it.")
        return pairs

    async def _ring(self, refs: Sequence[str]) -> Answer:
        """Ask of the ring that the item is part of; alone, of itself: it is none."""
        components = await cycles.components_from(self.conn, refs)
        members = next((one for one in components if refs[0] in one), frozenset(refs))
        items = await read_items(self.conn, members)
        subjects = tuple(sorted(members))
        return await self._answer(CycleFacts(tuple(items[ref] for ref in subjects if ref in items)), subjects, items)

    async def _group(self, ref: str, kind: type[Facts]) -> Facts:
        name = ref.partition(":")[2]
        found: Facts | None = None
        if kind is TeamFacts:
            found = (await read_teams(self.conn, [name], self.context, self.now)).get(name)
        elif kind is ObjectiveFacts and self.context.objective(name) is not None:
            facts = (await read_objectives(self.conn, [name], self.context, self.now))[name]
            found = replace(facts, forecast=(await forecasts.newest(self.conn, [name])).get(name))
        elif kind is KeyResultFacts:
            objective, _, id_ = name.partition("/")
            read = await read_key_results(self.conn, [objective], self.context, self.now)
            found = next((one for one in read.get(objective, ()) if one.key_result == id_), None)
        elif kind is CapacityFacts:
            shares = await read_shares(self.conn, self.context, self.now)
            found = next((one for one in shares if one.subject == ref), None)
        elif kind is ConnectionFacts:
            found = (await connections_copy.read(self.conn, [name]))[0].get(name)
        if found is None:
            raise Misconfigured(f"Nothing is known of {ref}.")
        return found

    async def _answer(self, facts: Facts, subjects: tuple[str, ...], items: dict[str, ItemFacts]) -> Answer:
        conditions = self.rule.conditions(facts, self.context, self.now, subjects)
        known = items.get(subjects[0])
        team, objective = (known.team, known.objective) if known else _belonging(subjects[0], self.context)
        asked = [ref for ref in subjects if not ref.startswith(CONNECTION_PREFIX)]
        return Answer(
            rule=self.rule.name,
            subjects=tuple(items[ref].subject if ref in items else self.context.subject(ref) for ref in subjects),
            fingerprint=fingerprint(self.rule.name, subjects),
            holds=all(condition.holds for condition in conditions),
            conditions=conditions,
            mode=self.context.mode(self.rule.name, team, objective),
            blind=tuple(sorted(await connections_copy.blind_among(self.conn, asked))),
        )


_OF_ITEMS: Final = ((ItemNeighbourhood, _ITEMS), (CycleFacts, _RINGS))


def _belonging(ref: str, context: Context) -> tuple[str | None, str | None]:
    """Return the team and the objective whose policy holds for this subject."""
    kind, _, name = ref.partition(":")
    if kind == "team":
        return name, None
    objective = context.objective(name.partition("/")[0]) if kind in {"objective", "key-result"} else None
    return (objective.team, objective.id) if objective else (None, None)
