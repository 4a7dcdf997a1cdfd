"""Between two moments that a verdict names nothing changes by itself: no finding opens, weighs more or clears early."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.work_items import StatusCategory
from services.detector.context import Context
from services.detector.facts import DependencyFacts, Facts, ItemFacts, ItemNeighbourhood, ObjectiveFacts, TeamFacts
from services.detector.policy import compile_strategy
from services.detector.rules.registry import judge, tell
from services.detector.rules.unaligned_work import active_since
from services.detector.texts import TITLE_WORDS
from tests.detector.made import IN_PROGRESS, TODO, item, strategy

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
EARLIER = st.timedeltas(timedelta(0), timedelta(days=70)).map(lambda ago: NOW - ago)
DUES = st.none() | st.dates(date(2026, 3, 1), date(2026, 6, 30))
TEAMS = st.sampled_from(("app", "pay", "tokyo", "gulf", "nobody"))
GOALS = st.sampled_from((None, "easy", "safe", "forgotten"))
CONTEXT = compile_strategy(
    strategy(
        objectives=[
            {"id": "easy", "title": "Buyers pay in one step", "team": "app", "due_on": "2026-05-05"},
            {"id": "safe", "title": "No order is lost", "team": "pay", "policy": {"idle_after_working_days": 2}},
        ]
    )
)


@st.composite
def items(draw: st.DrawFn, number: int) -> ItemFacts:
    created, touched = sorted((draw(EARLIER), draw(EARLIER)))
    status = draw(st.sampled_from(tuple(StatusCategory)))
    return item(
        number,
        team=draw(TEAMS),
        objective=draw(GOALS),
        created=created,
        touched=touched,
        status_category=status,
        done=touched if status is StatusCategory.DONE else None,
        due=draw(DUES),
        start=draw(DUES),
        assignee=draw(st.sampled_from((None, "Ana"))),
        visible=draw(st.sampled_from((True, True, True, False))),
    )


@st.composite
def neighbourhoods(draw: st.DrawFn) -> ItemNeighbourhood:
    blockers = tuple(draw(items(number)) for number in range(2, draw(st.integers(2, 4))))
    dependents = [draw(items(number)) for number in range(10, draw(st.integers(10, 15)))]
    waiting = tuple(DependencyFacts(dependent, draw(st.none() | EARLIER)) for dependent in dependents)
    return ItemNeighbourhood(draw(items(1)), blockers, waiting)


OBJECTIVES = st.builds(
    ObjectiveFacts, st.sampled_from(("easy", "safe")), st.integers(0, 3), EARLIER, st.integers(0, 9), st.integers(0, 9)
)


def holds_until_asked_again(facts: Facts, context: Context, moments: list[timedelta]) -> None:
    now = NOW
    for _ in range(4):
        verdict = judge(facts, context, now)
        end = verdict.check_after
        assert end is None or end > now
        last = [] if end is None else [end - timedelta(microseconds=1)]
        for moment in [*(now + after for after in moments if end is None or now + after < end), *last]:
            then = judge(facts, context, moment)
            assert (then.findings, then.unknown) == (verdict.findings, verdict.unknown)
            assert then.check_after == end
        if end is None:
            return
        now = end


MOMENTS = st.lists(st.timedeltas(timedelta(0), timedelta(days=400)), max_size=6)


@given(neighbourhoods(), MOMENTS)
@settings(max_examples=400, deadline=None)
def test_nothing_about_an_item_changes_before_check_after(facts: ItemNeighbourhood, moments: list[timedelta]) -> None:
    holds_until_asked_again(facts, CONTEXT, moments)


@given(OBJECTIVES, MOMENTS)
@settings(max_examples=200, deadline=None)
def test_nothing_about_an_objective_changes_before_check_after(facts: ObjectiveFacts, moments: list[timedelta]) -> None:
    holds_until_asked_again(facts, CONTEXT, moments)


def team_facts(team: str, work: list[tuple[datetime, bool, bool]], now: datetime) -> TeamFacts:
    """Count the active ones of (touched, in progress, aligned)."""
    cutoff = active_since(CONTEXT, team, now)
    active = [one for one in work if one[1] or one[0] >= cutoff]
    lapsing = [touched for touched, begun, _ in active if not begun]
    return TeamFacts(team, len(active), sum(not aligned for _, _, aligned in active), min(lapsing, default=None))


@given(TEAMS, st.lists(st.tuples(EARLIER, st.booleans(), st.booleans()), max_size=12), MOMENTS)
@settings(max_examples=300, deadline=None)
def test_nobody_ceases_to_be_active_before_check_after(
    team: str, work: list[tuple[datetime, bool, bool]], moments: list[timedelta]
) -> None:
    facts = team_facts(team, work, NOW)
    end = judge(facts, CONTEXT, NOW).check_after
    for moment in (NOW + after for after in moments if end is None or NOW + after < end):
        assert team_facts(team, work, moment) == facts
    if end is not None:
        assert team_facts(team, work, end) != facts


@given(neighbourhoods())
@settings(max_examples=200, deadline=None)
def test_every_finding_reads_in_at_most_12_words_with_an_open_question(facts: ItemNeighbourhood) -> None:
    everybody = (facts.item, *facts.blockers, *(wait.dependent for wait in facts.waiting))
    subjects = {each.ref: each.subject for each in everybody}
    for draft in judge(facts, CONTEXT, NOW).findings:
        text = tell(draft, subjects, CONTEXT, NOW)
        assert len(text.title.split()) <= TITLE_WORDS
        assert text.question.endswith("?")
        assert text.clears_when.startswith("Clears when ")
        assert not {TODO.value, IN_PROGRESS.value, "None"} & set(f"{text.title} {text.why}".split())
