"""Between two moments that a verdict names nothing changes by itself: no finding opens, weighs more or clears early."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.detector.context import Context
from services.detector.facts import Facts, ItemNeighbourhood, KeyResultFacts, ObjectiveFacts, TeamFacts
from services.detector.rules.registry import is_watched, judge, tell
from services.detector.rules.unaligned_work import active_since
from services.detector.texts import TITLE_WORDS
from tests.detector.made import IN_PROGRESS, TODO
from tests.detector.made_random import CONTEXT, EARLIER, NOW, TEAMS, everybody, neighbourhoods, objectives


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
@settings(max_examples=300, deadline=None)
def test_nothing_about_an_item_changes_before_check_after(facts: ItemNeighbourhood, moments: list[timedelta]) -> None:
    holds_until_asked_again(facts, CONTEXT, moments)


@given(neighbourhoods())
@settings(max_examples=300, deadline=None)
def test_of_an_item_that_is_not_open_and_not_watched_nothing_is_held_but_of_its_twins(facts: ItemNeighbourhood) -> None:
    """So dependencies have nobody judged but the open ends of them."""
    assume(not facts.item.is_open and not is_watched(facts.item))
    verdict = judge(replace(facts, twins=()), CONTEXT, NOW)
    assert (verdict.findings, verdict.check_after) == ((), None)


@given(objectives(), MOMENTS)
@settings(max_examples=200, deadline=None)
def test_nothing_about_an_objective_changes_before_check_after(facts: ObjectiveFacts, moments: list[timedelta]) -> None:
    holds_until_asked_again(facts, CONTEXT, moments)


@given(MOMENTS)
@settings(max_examples=50, deadline=None)
def test_nothing_about_a_key_result_changes_before_check_after(moments: list[timedelta]) -> None:
    holds_until_asked_again(KeyResultFacts("easy", "sales"), CONTEXT, moments)


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
@settings(max_examples=150, deadline=None)
def test_every_finding_reads_in_at_most_12_words_with_an_open_question(facts: ItemNeighbourhood) -> None:
    subjects = {each.ref: each.subject for each in everybody(facts)}
    for draft in judge(facts, CONTEXT, NOW).findings:
        text = tell(draft, subjects, CONTEXT, NOW)
        assert len(text.title.split()) <= TITLE_WORDS
        assert text.question.endswith("?")
        assert text.clears_when.startswith("Clears when ")
        assert not {TODO.value, IN_PROGRESS.value, "None"} & set(f"{text.title} {text.why}".split())
