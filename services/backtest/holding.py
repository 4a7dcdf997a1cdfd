"""Which open items others wait for, by the team that has them; and where work waits in a ring."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from services.backtest.objectives import Member
from services.backtest.waits import Waits
from services.detector.components import strongly_connected
from services.detector.dependencies import is_live
from services.detector.facts import ItemFacts, WaitingTeam


class Holding:
    """Looks at waits and members that others keep; `refresh` is told whose ends are not what they were."""

    def __init__(self, waits: Waits, members: Mapping[str, Member]) -> None:
        self._waits = waits
        self._members = members
        self._team_of: dict[str, str] = {}
        self._by_team: defaultdict[str, set[str]] = defaultdict(set)
        self._known: dict[str, tuple[WaitingTeam, ...]] = {}

    def refresh(self, ends: Iterable[str]) -> set[str]:
        """Return the teams of which something else is true now."""
        found: set[str] = set()
        for ref in ends:
            near = {ref, *self._waits.blockers.get(ref, ())}
            found.update(self._members[one].facts.team for one in near if one in self._members)
            before, after = self._team_of.get(ref), self._holder(ref)
            if before != after:
                self._file(ref, before, after)
                found.update(team for team in (before, after) if team is not None)
        for team in found:
            self._known.pop(team, None)
        return found

    def waiting_on(self, team: str) -> tuple[WaitingTeam, ...]:
        """Return which other teams wait on this one, by their ids."""
        known = self._known.get(team)
        if known is None:
            known = self._known[team] = tuple(self._count(team))
        return known

    def live(self, ref: str) -> Iterator[ItemFacts]:
        """Give the open items that wait for this one, if it is open."""
        blocker = self._members.get(ref)
        for other in self._waits.dependents.get(ref, ()) if blocker else ():
            dependent = self._members.get(other)
            if blocker and dependent and is_live(blocker.facts, dependent.facts):
                yield dependent.facts

    def blockers(self, ref: str) -> Iterator[str]:
        """Give the open items that this one waits for, by ref, if it is open."""
        dependent = self._members.get(ref)
        for other in self._waits.blockers.get(ref, ()) if dependent else ():
            blocker = self._members.get(other)
            if blocker and dependent and is_live(blocker.facts, dependent.facts):
                yield other

    def rings(self) -> list[frozenset[str]]:
        """Return the components of items that wait for each other."""
        following = {ref: [item.ref for item in self.live(ref)] for ref in self._team_of}
        return strongly_connected({ref: others for ref, others in following.items() if others})

    def could_ring(self, ref: str) -> bool:
        """Tell whether anybody waits for this item and it for somebody, whatever their state."""
        return bool(self._waits.dependents.get(ref) and self._waits.blockers.get(ref))

    def _holder(self, ref: str) -> str | None:
        member = self._members.get(ref)
        return member.facts.team if member and member.facts.is_open and self._waits.dependents.get(ref) else None

    def _file(self, ref: str, before: str | None, after: str | None) -> None:
        if before is not None:
            self._by_team[before].discard(ref)
            del self._team_of[ref]
        if after is not None:
            self._by_team[after].add(ref)
            self._team_of[ref] = after

    def _count(self, team: str) -> Iterator[WaitingTeam]:
        since: defaultdict[str, list[datetime]] = defaultdict(list)
        for ref in self._by_team.get(team, ()):
            blocker = self._members[ref].facts
            for dependent in self.live(ref):
                if dependent.team != team:
                    made = self._waits.made(ref, dependent.ref)
                    told = (blocker.created, dependent.created, made)
                    since[dependent.team].append(max(moment for moment in told if moment is not None))
        for other, moments in sorted(since.items()):
            yield WaitingTeam(other, len(moments), min(moments))
