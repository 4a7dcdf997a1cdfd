"""The made-up quarter judged in memory, evening by evening: everything that there is, by all rules, without any I/O."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from schemas.strategy import Strategy
from schemas.work_items import StatusCategory, Tracker
from services.backtest.around import neighbourhood
from services.backtest.foretelling import Forecasts
from services.backtest.key_results import KeyResults, Measurements
from services.backtest.pace import Paces
from services.backtest.states import News, state_of
from services.backtest.world import World
from services.connectors.asana.mapping import map_task
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions, Outcome, Telling
from services.detector.context import KEY_RESULT_PREFIX, OBJECTIVE_PREFIX, TEAM_PREFIX, Context
from services.detector.facts import CycleFacts, DueMove, Facts, ItemFacts, Measured
from services.detector.policy import compile_strategy
from services.detector.rules.registry import judge
from services.detector.verdict import Draft, merge
from services.mapper.claims import CompiledStrategy
from services.sandbox.company import Company, RawItem
from services.sandbox.jira_shape import STATUSES
from services.sandbox.strategy import ASANA_SITE, JIRA_SITE
from services.sandbox.work import Status

CATEGORIES = dict(zip(Status, StatusCategory, strict=True))
OPTIONS = MappingOptions(
    telling=Telling.MEANINGS, status_categories={STATUSES[status][0]: CATEGORIES[status] for status in Status}
)
F = TypeVar("F")


@dataclass(frozen=True)
class Evening:
    """What was known on an evening, by subject (`cycle` for all circles), and what was found, by fingerprint."""

    now: datetime
    context: Context
    facts: Mapping[str, Facts]
    circles: tuple[CycleFacts, ...]
    items: Mapping[str, ItemFacts]
    found: Mapping[str, Draft]

    def of(self, subject: str, kind: type[F]) -> F:
        """Return the facts of a subject."""
        facts = self.facts[subject]
        assert isinstance(facts, kind)
        return facts


@dataclass(frozen=True)
class Ended:
    """A finding that was there on an evening and on the next one no more."""

    draft: Draft
    before: Evening
    after: Evening


@dataclass
class Told:
    """A quarter: the findings that opened, those that ended, and the evening of the last day."""

    opened: list[Draft] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    last: Evening | None = None


def mapped(item: RawItem) -> Mapped:
    """Return an item with its history, as the connectors tell it."""
    outcome: Outcome
    if item.tracker is Tracker.JIRA:
        outcome = map_issue(item.raw, item.site, None, replace(OPTIONS, twin_site=ASANA_SITE))
    else:
        outcome = map_task(item.raw, item.site, None, replace(OPTIONS, twin_site=JIRA_SITE))
    assert isinstance(outcome, Mapped), outcome
    return outcome


def evenings(made: Company) -> Iterator[Evening]:
    """Give the evenings of the quarter's working days."""
    items: dict[str, Mapped] = {}
    moves = _Moves()
    before = datetime.min.replace(tzinfo=UTC)
    for now in made.days():
        items |= {one.item.ref: one for one in map(mapped, made.changed_between(before, now))}
        before = now
        if now.weekday() < 5:
            strategy = made.strategy_on(now.date())
            moves.see(compile_strategy(strategy), now)
            yield evening(items, strategy, measurements(made, now), moves.told, now)


def evening(
    items: Mapping[str, Mapped],
    strategy: Strategy,
    measured: Measurements,
    due_moves: Mapping[str, tuple[DueMove, ...]],
    now: datetime,
) -> Evening:
    """Judge everything."""
    context, compiled = compile_strategy(strategy), CompiledStrategy(1, strategy)
    world = World(context)
    world.apply([News(ref, state_of(one.item, one.changes, compiled)) for ref, one in items.items()])
    facts = dict(_facts(world, context, measured, due_moves, now))
    circles = tuple(CycleFacts(tuple(world.members[ref].facts for ref in ring)) for ring in world.holding.rings())
    verdict = merge(judge(one, context, now) for one in (*facts.values(), *circles))
    known = {ref: member.facts for ref, member in world.members.items()}
    return Evening(now, context, facts, circles, known, {draft.fingerprint: draft for draft in verdict.findings})


def _facts(
    world: World,
    context: Context,
    measured: Measurements,
    due_moves: Mapping[str, tuple[DueMove, ...]],
    now: datetime,
) -> Iterator[tuple[str, Facts]]:
    paces = Paces(world.teams)
    paces.stirred(set(world.teams), now)
    for ref, member in world.members.items():
        yield ref, neighbourhood(world, ref, paces.of(member.facts.team))
    for team in tuple(world.teams):
        yield TEAM_PREFIX + team, world.teams[team].facts(world.holding.waiting_on(team), now)
    forecasts = Forecasts(context, world.objectives, world.holding)
    list(forecasts.make(now))
    for objective in context.objectives:
        numbers = world.objectives[objective].facts(objective, now, forecasts.newest.get(objective))
        yield OBJECTIVE_PREFIX + objective, replace(numbers, due_moves=due_moves.get(objective, ()))
    key_results = KeyResults(context, measured, world.objectives)
    for ref in key_results.of(context.objectives):
        yield ref, key_results.facts(ref, now)
    assert world.capacity is not None
    yield from ((share.subject, share) for share in world.capacity.facts(now))


class _Moves:
    """The dues of objectives, as one form of the strategy after the other has them."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[DueMove, ...]] = {}
        self._context: Context | None = None

    def see(self, context: Context, now: datetime) -> None:
        for one in context.objectives.values():
            was = self._context.objective(one.id) if self._context else None
            if was is not None and was.due != one.due:
                self.told[one.id] = (*self.told.get(one.id, ()), DueMove(now, was.due, one.due))
        self._context = context


def measurements(made: Company, now: datetime) -> Measurements:
    """Return what was measured by then: what people told us, and the metrics of the goals that the strategy names."""
    found: defaultdict[str, list[Measured]] = defaultdict(list)
    for told in made.by_hand:
        found[KEY_RESULT_PREFIX + told.key_result].append(Measured(told.at, told.value, "by hand", told.confidence))
    goals = {goal.gid: goal for goal in made.goals}
    for objective in made.strategy_on(now.date()).objectives:
        for one in objective.key_results:
            goal = goals.get(str((one.source or {}).get("asana_goal")))
            for each in goal.measured if goal else ():
                found[f"{KEY_RESULT_PREFIX}{objective.id}/{one.id}"].append(Measured(each.at, each.value, "asana-goal"))
    return {
        ref: tuple(sorted((one for one in known if one.at <= now), key=lambda one: one.at))
        for ref, known in found.items()
    }


def told_of(made: Company) -> Told:
    """Return what opened and ended over the quarter."""
    told = Told()
    for after in evenings(made):
        before = told.last
        holding: Mapping[str, Draft] = before.found if before else {}
        told.opened += [draft for name, draft in after.found.items() if name not in holding]
        if before is not None:
            told.ended += [Ended(draft, before, after) for name, draft in holding.items() if name not in after.found]
        told.last = after
    return told
