"""Of objectives, key results, shares and teams nothing changes by itself before the moment that a verdict names.

Nor do the conditions of their rules say otherwise than the rules, or change before the moments that they name.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.detector.context import CATEGORY_PREFIX, KEY_RESULT_PREFIX, OBJECTIVE_PREFIX, TEAM_PREFIX
from services.detector.facts import (
    CapacityFacts,
    Facts,
    Forecast,
    ItemFacts,
    KeyResultFacts,
    Measured,
    Mover,
    ObjectiveFacts,
    TeamFacts,
    WaitingTeam,
)
from services.detector.rules.registry import judge, rules_of, tell
from services.detector.rules.unaligned_work import active_since
from services.detector.texts import TITLE_WORDS
from tests.detector.group_made import context, key_results
from tests.detector.made import item

CONTEXT = context(
    {"rework_min_moved": 3, "outcome_min_delivered": 2},
    cycle={"id": "spring", "starts_on": "2026-02-20", "ends_on": "2026-06-23"},
    objectives=[
        {"id": "easy", "title": "Buyers pay in one step", "team": "app", "due_on": "2026-05-05"}
        | {"key_results": key_results(cadence_days=3, lag_days=9)},
        {"id": "safe", "title": "No order is lost", "team": "pay", "policy": {"starved_after_working_days": 2}}
        | {"key_results": key_results(due_on="2026-04-20", kind="output")},
        {"id": "far", "title": "Orders come from afar", "team": "tokyo", "key_results": key_results()},
    ],
)
NOW = datetime(2026, 3, 27, 9, tzinfo=UTC)
"""A Friday before a night in which clocks go forward in Berlin."""
EARLIER = st.timedeltas(timedelta(0), timedelta(days=70)).map(lambda ago: NOW - ago)
AROUND = st.timedeltas(timedelta(days=-70), timedelta(days=40)).map(lambda later: NOW + later)
MOMENTS = st.lists(st.timedeltas(timedelta(0), timedelta(days=120)), max_size=6)
GOALS = st.sampled_from(("easy", "safe", "far", "forgotten"))
VALUES = st.one_of(st.integers(-20, 70), st.floats(-20, 70))
MICROSECOND = timedelta(microseconds=1)
WINDOW = timedelta(days=28)


def at_moments(facts_at: Callable[[datetime], Facts], moments: list[timedelta], subject: str) -> None:
    """Assert that all verdicts hold until they are to be asked again, with the facts as they then are."""
    now = NOW
    for _ in range(5):
        verdict = judge(facts_at(now), CONTEXT, now)
        end = verdict.check_after
        agree(facts_at(now), now, subject)
        assert end is None or end > now
        last = [] if end is None else [end - MICROSECOND]
        for moment in [*(now + after for after in moments if end is None or now + after < end), *last]:
            then = judge(facts_at(moment), CONTEXT, moment)
            assert (then.findings, then.unknown, then.check_after) == (verdict.findings, verdict.unknown, end)
        if end is None:
            return
        now = end


def agree(facts: Facts, now: datetime, subject: str) -> None:
    """Assert that a rule finds something if and only if all its conditions hold, and that they come to change later."""
    for rule in rules_of(type(facts)):
        found = [draft for draft in rule.judge(facts, CONTEXT, now).findings if draft.subjects == (subject,)]
        conditions = rule.conditions(facts, CONTEXT, now, (subject,))
        assert bool(found) == (bool(conditions) and all(one.holds for one in conditions)), rule.name
        for one in conditions:
            assert one.changes_at is None or one.changes_at > now
            assert one.says.endswith((".", "?"))
        for draft in found:
            text = tell(draft, {}, CONTEXT, now)
            assert len(text.title.split()) <= TITLE_WORDS
            assert text.question.endswith("?")
            assert text.clears_when.startswith("Clears when ")
            assert "None" not in f"{text.title} {text.why} {text.question}"


FORECASTS = st.builds(
    Forecast,
    objective=GOALS,
    as_of=st.just(NOW),
    due=st.sampled_from((date(2026, 5, 5), date(2026, 6, 23))),
    seed=st.just(1),
    trials=st.sampled_from((10, 10_000)),
    open_leaves=st.integers(0, 9),
    sampled_days=st.just(60),
    active_days=st.just(9),
    probability=st.none() | st.floats(0.0001, 0.9999),
    best=st.none() | st.just(date(2026, 7, 1)),
    movers=st.sampled_from(((), (Mover(("jira:made:1", "jira:made:2"), 0.5, 3),), (Mover(("jira:made:1",), 0.9, 0),))),
)


@given(
    st.builds(
        ObjectiveFacts,
        GOALS,
        open_items=st.integers(0, 3),
        last_touch=EARLIER,
        leaves_base=st.integers(0, 9),
        leaves_added=st.integers(0, 9),
        items=st.integers(1, 9),
        in_progress=st.sampled_from((0, 0, 1)),
        progress_ended=st.none() | EARLIER,
        open_from=st.none() | EARLIER,
        hidden=st.sampled_from((0, 0, 0, 1)),
        forecast=st.none() | FORECASTS,
        seen_from=st.none() | EARLIER,
    ),
    st.lists(st.tuples(EARLIER, st.booleans()), max_size=9),
    MOMENTS,
)
@settings(max_examples=200, deadline=None)
def test_nothing_about_an_objective_changes_before_check_after(
    facts: ObjectiveFacts, moves: list[tuple[datetime, bool]], moments: list[timedelta]
) -> None:
    def moved(now: datetime) -> ObjectiveFacts:
        inside = [(at, is_back) for at, is_back in moves if now - at < WINDOW]
        back = sum(is_back for _, is_back in inside)
        lapse = min((at + WINDOW for at, _ in inside), default=None)
        return replace(facts, moved_on=len(inside) - back, went_back=back, moves_lapse=lapse)

    at_moments(moved, moments, OBJECTIVE_PREFIX + facts.objective)


@given(
    st.builds(
        KeyResultFacts,
        GOALS,
        st.sampled_from(("steps", "fewer", "open", "gone")),
        st.lists(st.builds(Measured, AROUND, VALUES.map(float), st.just("made")), max_size=6).map(tuple),
        st.lists(EARLIER, max_size=6).map(sorted).map(tuple),
    ),
    MOMENTS,
)
@settings(max_examples=300, deadline=None)
def test_nothing_about_a_key_result_changes_before_check_after(facts: KeyResultFacts, moments: list[timedelta]) -> None:
    at_moments(lambda _: facts, moments, f"{KEY_RESULT_PREFIX}{facts.objective}/{facts.key_result}")


DAY_BEGINS = NOW.replace(hour=0)


DAYS = st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=40)


@given(st.sampled_from(("keep", "grow", "gone")), DAYS, MOMENTS)
@settings(max_examples=60, deadline=None)
def test_nothing_about_a_share_changes_before_the_next_day(
    name: str, days: list[tuple[float, float]], moments: list[timedelta]
) -> None:
    """Of each day the item-days that went into it and into other work; the window is of 28 whole days."""

    def counted(now: datetime) -> CapacityFacts:
        today = (now - DAY_BEGINS).days
        window = [days[day % len(days)] for day in range(today - 28, today)]
        mine, others = sum(own for own, _ in window), sum(other for _, other in window)
        begins = DAY_BEGINS + timedelta(days=today)
        return CapacityFacts(CATEGORY_PREFIX + name, mine, mine + others, begins - WINDOW, begins + timedelta(days=1))

    at_moments(counted, moments, CATEGORY_PREFIX + name)


@st.composite
def escalations(draw: st.DrawFn) -> list[ItemFacts]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        created, touched = sorted((draw(EARLIER), draw(EARLIER)))
        labels = draw(st.sampled_from(((), ("escalation",))))
        objective = draw(st.sampled_from((None, "easy", "safe")))
        made.append(item(number, created=created, touched=touched, labels=labels, objective=objective))
    return made


@given(
    st.sampled_from(("app", "pay", "tokyo", "nobody")),
    escalations(),
    st.integers(0, 12),
    st.lists(st.sampled_from(("easy", "far", "safe", "gone")), unique=True).map(sorted).map(tuple),
    st.integers(0, 4),
    MOMENTS,
)
@settings(max_examples=200, deadline=None)
def test_nothing_about_a_team_changes_before_check_after(
    team: str, work: list[ItemFacts], in_progress: int, busy: tuple[str, ...], waiting: int, moments: list[timedelta]
) -> None:
    def active(now: datetime) -> TeamFacts:
        lively = [one for one in work if one.touched >= active_since(CONTEXT, team, now)]
        escalated = [one for one in work if one.labels]
        return TeamFacts(
            team,
            active=len(lively) + in_progress,
            unaligned=sum(one.objective is None for one in lively),
            next_to_lapse=min((one.touched for one in lively), default=None),
            waiting=tuple(WaitingTeam(f"team-{number}", 1, NOW) for number in range(waiting)),
            in_progress=in_progress,
            busy_objectives=busy,
            escalations=tuple(sorted(escalated, key=lambda one: (one.created, one.ref))),
            active_escalations=sum(one in lively for one in escalated),
        )

    at_moments(active, moments, TEAM_PREFIX + team)
