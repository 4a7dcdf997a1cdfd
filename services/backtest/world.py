"""All known items at one moment, and who is touched by what changes from one moment to the next."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.aligned_items import Alignment
from schemas.work_items import ItemType
from services.backtest.capacity import Capacity
from services.backtest.family import Family
from services.backtest.holding import Holding
from services.backtest.objectives import Member, Objectives
from services.backtest.states import News, State
from services.backtest.teams import Teams
from services.backtest.waits import Waits
from services.detector.context import Context
from services.detector.facts import ItemFacts
from services.mapper.alignment import align


@dataclass(slots=True)
class Stirred:
    """Whose facts may be others than before: items by ref, teams and objectives by id.

    `ends` are the items whose dependencies, as far as other items can see, are not what they were.
    """

    items: set[str] = field(default_factory=set)
    teams: set[str] = field(default_factory=set)
    objectives: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)


class World:
    """Starts empty; `apply` brings it to the next moment."""

    def __init__(self, context: Context) -> None:
        self.members: dict[str, Member] = {}
        self.states: dict[str, State] = {}
        self.family = Family()
        self.waits = Waits()
        self.holding = Holding(self.waits, self.members)
        self.teams = Teams(context)
        self.objectives = Objectives(context)
        self.capacity = Capacity(context) if context.shares else None
        self.children: defaultdict[str, set[str]] = defaultdict(set)
        self.in_epic: defaultdict[str, set[str]] = defaultdict(set)
        self._linked_by: defaultdict[str, set[str]] = defaultdict(set)
        self._own_touch: dict[str, datetime] = {}
        self._alignments: dict[str, Alignment] = {}

    def item(self, ref: str) -> ItemFacts | None:
        """Return what is known of an item."""
        member = self.members.get(ref)
        return member.facts if member else None

    def apply(self, news: Iterable[News]) -> Stirred:
        """Take in what happened since; return whom it touches."""
        stirred, changed, realigned = Stirred(), set[str](), set[str]()
        for one in news:
            changed.add(one.ref)
            if one.state is None and one.touched is not None:
                self._own_touch[one.ref] = one.touched
            else:
                changed.update(self._restate(one.ref, one.state, stirred))
                realigned |= self.family.replace(one.ref, one.state.node if one.state else None)
        for ref in realigned & self.states.keys():
            self._alignments[ref] = align(ref, self.family)
        changed |= realigned
        for ref in changed | self._touched_parents(changed):
            self._settle(ref, stirred)
        stirred.teams |= self.holding.refresh(stirred.ends)
        return stirred

    def _restate(self, ref: str, state: State | None, stirred: Stirred) -> Iterator[str]:
        """Put a state in place of the one before; give the parents whose children are not those that they were."""
        before = self.states.get(ref)
        if state is None:
            del self.states[ref], self._own_touch[ref]
            self._alignments.pop(ref, None)
        else:
            self.states[ref], self._own_touch[ref] = state, state.facts.touched
        was, becomes = before.facts if before else None, state.facts if state else None
        yield from _refile(self.children, ref, was.parent if was else None, becomes.parent if becomes else None)
        _refile(self.in_epic, ref, was.epic if was else None, becomes.epic if becomes else None)
        self._relink(ref, _links(before), _links(state))
        stirred.ends |= self.waits.replace(ref, state.waits if state else ())

    def _relink(self, ref: str, before: Iterable[str], after: Iterable[str]) -> None:
        for far in before:
            self._linked_by[far].discard(ref)
        for far in after:
            self._linked_by[far].add(ref)

    def _touched_parents(self, changed: Iterable[str]) -> set[str]:
        """Return the parents of those that changed, if their touches count there."""
        states = (self.states.get(ref) for ref in changed)
        facts = (state.facts for state in states if state is not None)
        return {item.parent for item in facts if item.type is ItemType.SUBTASK and item.parent is not None}

    def _settle(self, ref: str, stirred: Stirred) -> None:
        """Bring the item's facts, and all that is counted of it, up to date."""
        before, after = self.members.get(ref), self._member(ref)
        if before == after:
            return
        if after is None:
            del self.members[ref]
        else:
            self.members[ref] = after
        was, becomes = before.facts if before else None, after.facts if after else None
        self.teams.move(was, becomes)
        self.objectives.move(before, after)
        if self.capacity is not None:
            self.capacity.move(before, after)
        stirred.items.update(self._near(ref))
        for item in (was, becomes):
            if item is not None:
                stirred.teams.add(item.team)
                stirred.items.update(above for above in (item.parent, item.epic) if above is not None)
                if item.objective is not None:
                    stirred.objectives.add(item.objective)
        if self.waits.has_any(ref) and _end(was) != _end(becomes):
            stirred.ends.add(ref)

    def _near(self, ref: str) -> Iterator[str]:
        """Give the item and those that see it beside themselves, but for those above it."""
        yield ref
        yield from self.waits.blockers.get(ref, ())
        yield from self.waits.dependents.get(ref, ())
        yield from self._linked_by.get(ref, ())
        if ref in self.states:
            yield from self.family.twins_of(ref)

    def _member(self, ref: str) -> Member | None:
        state = self.states.get(ref)
        if state is None:
            return None
        children = self.children.get(ref, ())
        subtasks = (child for child in children if self.states[child].facts.type is ItemType.SUBTASK)
        touched = max([self._own_touch[ref], *(self._own_touch[child] for child in subtasks)])
        alignment, facts = self._alignments[ref], state.facts
        if touched != facts.touched or alignment.objective is not None or alignment.ties:
            facts = replace(facts, touched=touched, objective=alignment.objective, ties=alignment.ties)
        return Member(facts, bool(children), state.told, state.category)


def _refile(index: defaultdict[str, set[str]], ref: str, was: str | None, becomes: str | None) -> tuple[str, ...]:
    """File an item under what is above it now; return both, before and after, if they are not the same."""
    if was == becomes:
        return ()
    if was is not None:
        index[was].discard(ref)
    if becomes is not None:
        index[becomes].add(ref)
    return tuple(above for above in (was, becomes) if above is not None)


def _links(state: State | None) -> Iterable[str]:
    """Return whom an epic is linked to: nobody looks at the links of others."""
    return state.links if state is not None and state.facts.type is ItemType.EPIC else ()


def _end(item: ItemFacts | None) -> tuple[object, ...]:
    """Return what of an item matters to those who look at its dependencies from afar."""
    return (item.is_open, item.team, item.created) if item is not None else ()
