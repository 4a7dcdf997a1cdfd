"""Who is judged, and by what facts: everybody whom a day touched, each under one name that findings hang on."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from services.backtest.around import can_be_found, neighbourhood
from services.backtest.foretelling import Forecasts
from services.backtest.judge import Judge
from services.backtest.key_results import KeyResults, Measurements
from services.backtest.pace import Paces
from services.backtest.states import News
from services.backtest.world import Stirred, World
from services.detector.context import KEY_RESULT_PREFIX, OBJECTIVE_PREFIX, TEAM_PREFIX, Context
from services.detector.facts import (
    CapacityFacts,
    CycleFacts,
    ItemNeighbourhood,
    KeyResultFacts,
    ObjectiveFacts,
    TeamFacts,
)
from services.detector.rules.forecast_miss import NAME as FORECAST_MISS
from services.detector.verdict import NOTHING, Verdict, merge

_RINGS: Final = "cycle:all"
"""All rings are judged together: one that opens may be a part of one that closes."""
_SHARES: Final = "capacity:all"
"""All shares are counted together, once a day: what one has more of, another has less of."""


class Subjects:
    """All that there is to judge, as of the moment that `touched` was told last."""

    def __init__(self, context: Context, judge: Judge, measurements: Measurements) -> None:
        self._context = context
        self._judge = judge
        self._world = World(context)
        self._paces = Paces(self._world.teams)
        self._key_results = KeyResults(context, measurements, self._world.objectives)
        self._forecasts = Forecasts(context, self._world.objectives, self._world.holding)
        self._before: datetime | None = None
        self._in_rings: frozenset[str] = frozenset()
        self._judges: Mapping[str, Callable[[str, datetime], Verdict]] = {
            _RINGS.partition(":")[0]: self._rings,
            _SHARES.partition(":")[0]: self._shares,
            TEAM_PREFIX[:-1]: self._team,
            OBJECTIVE_PREFIX[:-1]: self._objective,
            KEY_RESULT_PREFIX[:-1]: self._key_result,
        }

    def touched(self, news: Iterable[News], now: datetime, has_findings: Container[str]) -> Iterator[str]:
        """Take in what happened until `now`; give the anchors of whom any of the rules could say something else."""
        stirred = self._world.apply(news)
        if self._before is None:
            stirred.objectives.update(self._context.objectives)
        if FORECAST_MISS in self._judge.rules:
            stirred.objectives.update(self._forecasts.make(now))
        if self._judge.judges(ItemNeighbourhood):
            stirred.items |= self._paces.stirred(stirred.teams, now)
            yield from (ref for ref in stirred.items if ref in has_findings or self._is_judged(ref))
        if self._judge.judges(TeamFacts):
            yield from (TEAM_PREFIX + team for team in stirred.teams)
        if self._judge.judges(ObjectiveFacts):
            yield from (OBJECTIVE_PREFIX + objective for objective in stirred.objectives)
        if self._judge.judges(KeyResultFacts):
            yield from self._key_results.of(stirred.objectives)
            yield from self._key_results.measured(self._before, now)
        if self._judge.judges(CycleFacts) and self._may_ring(stirred):
            yield _RINGS
        if self._judge.judges(CapacityFacts) and self._world.capacity is not None:
            yield _SHARES
        self._before = now

    def judge(self, anchor: str, now: datetime) -> Verdict:
        """Return what the rules say of this subject now."""
        return self._judges.get(anchor.partition(":")[0], self._item)(anchor, now)

    def _is_judged(self, ref: str) -> bool:
        return ref in self._world.members and can_be_found(self._world, ref)

    def _may_ring(self, stirred: Stirred) -> bool:
        could = any(self._world.holding.could_ring(ref) for ref in stirred.ends)
        return could or not self._in_rings.isdisjoint(stirred.items)

    def _item(self, ref: str, now: datetime) -> Verdict:
        member = self._world.members.get(ref)
        if member is None:
            return NOTHING
        return self._judge(neighbourhood(self._world, ref, self._paces.of(member.facts.team)), now)

    def _team(self, anchor: str, now: datetime) -> Verdict:
        team = anchor.removeprefix(TEAM_PREFIX)
        waiting = self._world.holding.waiting_on(team)
        return self._judge(self._world.teams[team].facts(waiting, now), now)

    def _objective(self, anchor: str, now: datetime) -> Verdict:
        objective = anchor.removeprefix(OBJECTIVE_PREFIX)
        forecast = self._forecasts.newest.get(objective)
        return self._judge(self._world.objectives[objective].facts(objective, now, forecast), now)

    def _key_result(self, anchor: str, now: datetime) -> Verdict:
        return self._judge(self._key_results.facts(anchor, now), now)

    def _rings(self, _: str, now: datetime) -> Verdict:
        rings = self._world.holding.rings()
        self._in_rings = frozenset(ref for ring in rings for ref in ring)
        members = self._world.members
        return merge(self._judge(CycleFacts(tuple(members[ref].facts for ref in ring)), now) for ring in rings)

    def _shares(self, _: str, now: datetime) -> Verdict:
        capacity = self._world.capacity
        return merge(self._judge(facts, now) for facts in (capacity.facts(now) if capacity else ()))
