"""No number that a strategy may hold leads a rule out of the calendar: whoever judged would stand still at it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.work_items import ChangeAspect, StatusCategory
from services.detector.facts import Difference, ItemFacts, ItemNeighbourhood, KeyResultFacts, Measured, TwinFacts
from services.detector.policy import compile_strategy, parse_policy
from services.detector.rules.registry import judge
from services.runtime.errors import Misconfigured
from tests.detector.made import strategy

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
FARTHEST = {"stale_measurement_cadences": 100, "disagreement_minutes": 525_600, "stale_high_after_days": 36_500}


def objective(**fields: Any) -> dict[str, Any]:
    key_result = {"id": "paid", "title": "Buyers who pay", "baseline": 10, "target": 60} | fields
    return {"id": "easy", "title": "Buyers pay in one step", "team": "app", "key_results": [key_result]}


@pytest.mark.parametrize("field", sorted(FARTHEST))
def test_a_policy_beyond_the_farthest_is_refused(field: str) -> None:
    with pytest.raises(Misconfigured, match=f"policy.{field}: "):
        parse_policy({field: FARTHEST[field] + 1})


@pytest.mark.parametrize("field", ["cadence_days", "lag_days"])
def test_a_key_result_beyond_ten_years_is_refused(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        strategy(objectives=[objective(**{field: 3_651})])


def test_by_the_farthest_everything_can_be_judged() -> None:
    context = compile_strategy(strategy(FARTHEST, objectives=[objective(cadence_days=3_650, lag_days=3_650)]))
    measured = Measured(datetime(2999, 12, 31, tzinfo=UTC), 20, "survey")
    rests: dict[str, Any] = {"created": NOW - timedelta(days=99), "touched": NOW - timedelta(days=99), "team": "app"}
    one = ItemFacts(ref="asana:a:1", key="1", title="One", status_category=StatusCategory.IN_PROGRESS, **rests)
    other = ItemFacts(ref="jira:a:1", key="A-1", title="One", status_category=StatusCategory.TODO, **rests)
    differs = Difference(ChangeAspect.STATUS, "in_progress", "todo", NOW)
    assert judge(KeyResultFacts("easy", "paid", (measured,)), context, NOW).check_after is not None
    assert judge(ItemNeighbourhood(one, twins=(TwinFacts(other, (differs,)),)), context, NOW).check_after is not None
