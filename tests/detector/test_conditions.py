"""Each rule holds a finding on exactly those subjects for which all of its conditions hold, and says when that changes.

Objectives, key results, shares and teams are asked in `test_check_after_groups.py` as well, where their counts move on
with time; here it is every rule, every kind of facts, and every subject that could be meant.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.connections import ConnectionState
from schemas.work_items import ItemType, StatusCategory
from services.detector.context import CONNECTION_PREFIX, KEY_RESULT_PREFIX, OBJECTIVE_PREFIX, TEAM_PREFIX, Context
from services.detector.facts import (
    CapacityFacts,
    ConnectionFacts,
    CycleFacts,
    DependencyFacts,
    DueMove,
    EpicFacts,
    Facts,
    ItemFacts,
    ItemNeighbourhood,
    KeyResultFacts,
    Measured,
    ObjectiveFacts,
    PaceFacts,
    TeamFacts,
    WaitingTeam,
)
from services.detector.rule import Condition, Rule
from services.detector.rules.registry import RULES, rules_of
from services.detector.verdict import Draft
from tests.detector import made_random, test_check_after_groups
from tests.detector.made_random import (
    CONTEXT,
    EARLIER,
    NOW,
    TEAMS,
    everybody,
    items,
    neighbourhoods,
    objectives,
    some,
)
from tests.detector.test_check_after_groups import FORECASTS, GOALS, VALUES, escalations

GROUPS = test_check_after_groups.CONTEXT
ELSE = ("jira:made:9999", "jira:made:9998")
"""Subjects that no facts here are about."""
MOMENTS = st.lists(st.timedeltas(timedelta(0), timedelta(days=60)), max_size=4)
A_MOMENT = timedelta(microseconds=1)

DUE_SOON = date(2026, 4, 7)
SLIPPED = (DueMove(NOW - timedelta(days=9), date(2026, 3, 20), date(2026, 3, 27)),) * 2
BEGUN = {"visible": True, "absence": None, "status_category": StatusCategory.IN_PROGRESS}


@st.composite
def likely(draw: st.DrawFn) -> ItemNeighbourhood:
    """Return a neighbourhood of which a rule would say something but for one or two things: chance is too rare."""

    def perhaps(item: ItemFacts, **fields: Any) -> ItemFacts:
        return replace(item, **{name: value for name, value in fields.items() if draw(st.integers(0, 9))})

    facts = draw(neighbourhoods())
    kind = draw(st.sampled_from((ItemType.TASK, ItemType.EPIC)))
    started = NOW - timedelta(days=20)
    item = perhaps(facts.item, **BEGUN, type=kind, started=started, objective="easy", due=draw(DUE_FOR[kind]))
    waiting = tuple(
        DependencyFacts(perhaps(one.dependent, **BEGUN, type=ItemType.TASK, due=DUE_SOON), one.made)
        for one in facts.waiting
    )
    children = tuple(perhaps(one, **BEGUN, type=ItemType.TASK, started=started, labels=()) for one in draw(some(20, 2)))
    return replace(
        facts,
        item=item,
        waiting=waiting,
        due_moves=draw(st.sampled_from((SLIPPED, facts.due_moves))),
        pace=draw(st.sampled_from((PaceFacts(40, timedelta(days=12)), facts.pace))),
        epic=EpicFacts(children, draw(some(30, 1))) if item.type is ItemType.EPIC else None,
    )


DUE_FOR = {ItemType.TASK: st.sampled_from((None, date(2026, 5, 5))), ItemType.EPIC: st.none() | st.just(DUE_SOON)}
CYCLES = st.integers(2, 4).flatmap(lambda count: st.tuples(*map(items, range(count)))).map(CycleFacts)
CONNECTIONS = st.builds(
    ConnectionFacts,
    st.just("archive"),
    st.sampled_from(tuple(ConnectionState)),
    last_success=st.none() | EARLIER | made_random.JUST_NOW,
    first_connected=st.none() | EARLIER,
    gap_after=st.timedeltas(timedelta(minutes=1), timedelta(days=2)),
    reason=st.sampled_from((None, "It refused us.")),
)
TEAM_FACTS = st.builds(
    lambda team, work, unaligned, waiting, busy: TeamFacts(
        team,
        active=len(work) + unaligned,
        unaligned=unaligned,
        next_to_lapse=min((one.touched for one in work), default=None),
        waiting=tuple(WaitingTeam(f"team-{number}", 1, NOW) for number in range(waiting)),
        in_progress=unaligned,
        busy_objectives=busy,
        escalations=tuple(sorted((one for one in work if one.labels), key=lambda one: (one.created, one.ref))),
        active_escalations=sum(bool(one.labels) for one in work),
    ),
    TEAMS,
    escalations(),
    st.integers(0, 12),
    st.integers(0, 4),
    st.lists(st.sampled_from(("easy", "far", "safe", "gone")), unique=True).map(sorted).map(tuple),
)
KEY_RESULTS = st.builds(
    KeyResultFacts,
    GOALS,
    st.sampled_from(("steps", "fewer", "open", "gone")),
    st.lists(st.builds(Measured, EARLIER, VALUES.map(float), st.just("made")), max_size=6)
    .map(lambda found: sorted(found, key=lambda one: one.at))
    .map(tuple),
    st.lists(EARLIER, max_size=6).map(sorted).map(tuple),
)
SHARES = st.builds(
    lambda name, mine, others: CapacityFacts(
        name, mine, mine + others, NOW - timedelta(days=28), NOW + timedelta(hours=15)
    ),
    st.sampled_from(("category:keep", "category:grow", "bet:self-serve", "bet:free", "bet:gone")),
    st.floats(0, 40),
    st.floats(0, 40),
)
GROUP_OBJECTIVES = st.builds(
    ObjectiveFacts,
    GOALS,
    open_items=st.integers(0, 3),
    last_touch=EARLIER,
    leaves_base=st.integers(0, 9),
    leaves_added=st.integers(0, 9),
    items=st.integers(0, 9),
    in_progress=st.sampled_from((0, 0, 1)),
    progress_ended=st.none() | EARLIER,
    open_from=st.none() | EARLIER,
    moved_on=st.integers(0, 20),
    went_back=st.integers(0, 9),
    moves_lapse=EARLIER.map(lambda at: at + timedelta(days=70)),
    hidden=st.sampled_from((0, 0, 1)),
    forecast=st.none() | FORECASTS,
)
MADE: dict[type[Any], tuple[Context, st.SearchStrategy[Any]]] = {
    ItemNeighbourhood: (CONTEXT, neighbourhoods() | likely()),
    ObjectiveFacts: (GROUPS, GROUP_OBJECTIVES),
    KeyResultFacts: (GROUPS, KEY_RESULTS),
    TeamFacts: (GROUPS, TEAM_FACTS),
    CapacityFacts: (GROUPS, SHARES),
    CycleFacts: (CONTEXT, CYCLES),
    ConnectionFacts: (CONTEXT, CONNECTIONS),
}
KINDS = pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.__name__)


def meant(facts: Facts) -> Iterator[tuple[str, ...]]:
    """Yield all subjects that a finding on these facts could be on, and some that none is on."""
    match facts:
        case ItemNeighbourhood():
            refs = [item.ref for item in everybody(facts)]
            yield from ((ref,) for ref in refs)
            yield from permutations(refs, 2)
        case ObjectiveFacts():
            yield (OBJECTIVE_PREFIX + facts.objective,)
        case KeyResultFacts():
            yield (f"{KEY_RESULT_PREFIX}{facts.objective}/{facts.key_result}",)
        case TeamFacts():
            yield (TEAM_PREFIX + facts.team,)
        case CapacityFacts():
            yield (facts.subject,)
        case CycleFacts():
            refs = sorted(item.ref for item in facts.members)
            yield tuple(refs)
            yield tuple(reversed(refs))
            yield from permutations(refs, 2)
        case ConnectionFacts():
            yield (CONNECTION_PREFIX + facts.connection,)
    yield ELSE[:1]
    yield ELSE


def found_by(rule: Rule[Any], facts: Facts, context: Context, moment: Any = NOW) -> dict[tuple[str, ...], Draft]:
    drafts = rule.judge(facts, context, moment).findings
    found = {draft.subjects: draft for draft in drafts}
    assert len(found) == len(drafts), "two findings on the same subjects"
    return found


def test_every_kind_of_facts_is_asked() -> None:
    assert set(MADE) == set(get_args(Facts))
    assert {rule.name for kind in MADE for rule in rules_of(kind)} == {rule.name for rule in RULES}


@KINDS
def test_a_rule_finds_it_if_and_only_if_all_its_conditions_hold(kind: type[Any]) -> None:
    context, strategy = MADE[kind]

    @given(strategy)
    @settings(max_examples=120, deadline=None)
    def is_so(facts: Facts) -> None:
        for rule in rules_of(kind):
            found = found_by(rule, facts, context)
            subjects = set(meant(facts))
            assert set(found) <= subjects, rule.name
            for each in subjects:
                conditions = rule.conditions(facts, context, NOW, each)
                assert conditions, (rule.name, each)
                assert (each in found) == all(one.holds for one in conditions), (rule.name, each, conditions)

    is_so()


@KINDS
def test_of_subjects_that_the_facts_are_not_about_there_is_one_condition_that_does_not_hold(kind: type[Any]) -> None:
    context, strategy = MADE[kind]

    @given(strategy, st.sampled_from((ELSE, ELSE[:1])))
    @settings(max_examples=30, deadline=None)
    def is_so(facts: Facts, subjects: tuple[str, ...]) -> None:
        for rule in rules_of(kind):
            (only,) = rule.conditions(facts, context, NOW, subjects)
            assert (only.holds, only.changes_at) == (False, None), rule.name
            assert all(ref in only.says for ref in subjects), (rule.name, only.says)

    is_so()


def later(conditions: tuple[Condition, ...], moments: list[timedelta]) -> Iterator[Any]:
    """Yield moments before the first at which any of these could change; the last one that is still before it too."""
    first = min((one.changes_at for one in conditions if one.changes_at is not None), default=None)
    yield from (NOW + after for after in moments if first is None or NOW + after < first)
    if first is not None:
        yield first - A_MOMENT


@KINDS
def test_no_condition_changes_by_itself_before_the_moment_that_one_of_them_names(kind: type[Any]) -> None:
    """Facts that count within a window are others then; what they name is the moment at which they lapse."""
    context, strategy = MADE[kind]

    @given(strategy, MOMENTS)
    @settings(max_examples=50, deadline=None)
    def is_so(facts: Facts, moments: list[timedelta]) -> None:
        for rule in rules_of(kind):
            for subjects in set(meant(facts)):
                now = rule.conditions(facts, context, NOW, subjects)
                assert all(one.changes_at is None or one.changes_at > NOW for one in now), rule.name
                for moment in later(now, moments):
                    then = rule.conditions(facts, context, moment, subjects)
                    assert [one.holds for one in then] == [one.holds for one in now], (rule.name, subjects, moment)

    is_so()


@given(objectives())
@settings(max_examples=150, deadline=None)
def test_objectives_with_moved_dues_and_policies_of_their_own_are_judged_as_their_conditions_say(
    facts: ObjectiveFacts,
) -> None:
    subjects = (OBJECTIVE_PREFIX + facts.objective,)
    for rule in rules_of(ObjectiveFacts):
        conditions = rule.conditions(facts, CONTEXT, NOW, subjects)
        assert (subjects in found_by(rule, facts, CONTEXT)) == all(one.holds for one in conditions), rule.name
