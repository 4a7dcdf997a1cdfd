"""What Leeway would have said of the made-up quarter, evening by evening, by the rules themselves without any I/O."""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from services.detector.facts import ObjectiveFacts
from services.detector.rules.registry import BY_NAME
from services.sandbox.company import build_company
from tests.sandbox.endings import ENDINGS
from tests.sandbox.evenings import Told, evenings, told_of
from tests.sandbox.test_company import TODAY

SEEDS = (1, 2)


@cache
def told(seed: int) -> Told:
    """Return what opened and ended over the quarter."""
    return told_of(build_company(seed, TODAY, items=0))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_rule_fires(seed: int) -> None:
    assert {draft.rule for draft in told(seed).opened} == set(BY_NAME)


@pytest.mark.parametrize("seed", SEEDS)
def test_of_every_rule_something_comes_right(seed: int) -> None:
    assert {one.draft.rule for one in told(seed).ended} == set(ENDINGS) == set(BY_NAME)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_finding_ends_for_a_reason_that_its_text_names(seed: int) -> None:
    others = [
        (one.draft.rule, one.draft.subjects, one.after.now.date())
        for one in told(seed).ended
        if not ENDINGS[one.draft.rule](one)
    ]
    assert others == []


@pytest.mark.parametrize("seed", SEEDS)
def test_while_a_finding_stands_none_of_these_reasons_holds(seed: int) -> None:
    """Else the reasons above would tell nothing."""
    still = [replace(one, after=one.before) for one in told(seed).ended]
    assert [(one.draft.rule, one.draft.subjects) for one in still if ENDINGS[one.draft.rule](one)] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_alerts_are_as_many_as_people_can_read_in_a_quarter(seed: int) -> None:
    """About nine a week for six teams; of no rule more than one a week, but for the forecasts of eight objectives."""
    opened = Counter(draft.rule for draft in told(seed).opened)
    assert 70 <= opened.total() <= 130
    assert opened.pop("forecast-miss") <= 20
    assert max(opened.values()) <= 12, opened.most_common(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_most_of_it_comes_right_and_something_is_left_for_today(seed: int) -> None:
    quarter = told(seed)
    assert quarter.last is not None
    assert len(quarter.ended) > len(quarter.opened) / 2
    assert len({draft.rule for draft in quarter.last.found.values()}) >= 5


def test_the_quarter_begins_with_nothing_to_say_of_work() -> None:
    """What the first form of its strategy lacks, promises too early or budgets otherwise is told at once."""
    first = next(evenings(build_company(1, TODAY, items=0)))
    of_plans = {"missing-owner", "missing-date", "output-key-result", "capacity-drift", "forecast-miss"}
    assert {draft.rule for draft in first.found.values()} <= of_plans


@pytest.mark.parametrize("seed", SEEDS)
def test_objectives_that_may_miss_come_right_in_both_ways_that_the_text_names(seed: int) -> None:
    """By a better forecast after people cut scope or broke a circle, and by all of it done."""
    ended = [one for one in told(seed).ended if one.draft.rule == "forecast-miss"]
    left = {(one.draft.objective, one.after.of(one.draft.subjects[0], ObjectiveFacts).open_items > 0) for one in ended}
    assert {("first-booking", True), ("paid-invoices", True), ("tax-season", False)} <= left


@pytest.mark.parametrize("seed", SEEDS)
def test_today_its_forecasts_are_as_different_as_its_objectives(seed: int) -> None:
    last = told(seed).last
    assert last is not None
    made = [facts.forecast for facts in last.facts.values() if isinstance(facts, ObjectiveFacts)]
    likely = sorted(one.probability for one in made if one is not None and one.probability is not None)
    assert len(likely) == 7, "of one all is done"
    assert likely[0] < 0.1
    assert likely[-1] > 0.9
    assert sum(0.2 < one < 0.9 for one in likely) >= 3
