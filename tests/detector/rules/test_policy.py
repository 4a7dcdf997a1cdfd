"""Every number is a named, documented field; what is misspelt, wrong or unknown is refused with a hint."""

from typing import Any

import pytest

from services.detector.policy import POLICY, compile_strategy, parse_policy
from services.detector.rules.stalled_dependency import StalledPolicy
from services.runtime.errors import Misconfigured
from tests.detector.made import CONTEXT, strategy


def test_every_field_says_its_unit_and_its_source_and_has_a_default() -> None:
    for name, field in POLICY.model_fields.items():
        assert not field.is_required(), name
        assert "Unit: " in (field.description or ""), name
        assert "Source: " in (field.description or ""), name


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"stalled_after_working_day": 5}, "did you mean stalled_after_working_days?"),
        ({"zzz": 5}, "policy.zzz: no such policy field; known: active_within_working_days"),
        ({"stalled_after_working_days": 0}, "policy.stalled_after_working_days: Input should be greater"),
        ({"unaligned_share": 20}, "policy.unaligned_share: Input should be less than or equal to 1, not 20"),
    ],
)
def test_a_wrong_policy_is_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse_policy(values)
    assert sentence in str(refused.value)


def test_the_sentence_says_whose_policy_is_wrong() -> None:
    teams = [{"id": "app", "policy": {"idle": 1}}]
    with pytest.raises(Misconfigured, match=r"^teams\.app\.policy\.idle: no such policy field"):
        compile_strategy(strategy(teams=teams))


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"calendars": [{"id": "x", "time_zone": "Mars"}], "teams": []}, "calendars.x: unknown time zone 'Mars'"),
        ({"teams": [{"id": "app", "calendar": "nope"}]}, "teams.app.calendar: there is no calendar 'nope'"),
    ],
)
def test_a_wrong_calendar_is_refused(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Misconfigured, match=r"\.") as refused:
        compile_strategy(strategy(**parts))
    assert sentence in str(refused.value)


def test_teams_without_a_policy_of_their_own_share_one() -> None:
    assert CONTEXT.policy(StalledPolicy, "app", "easy") is CONTEXT.policy(StalledPolicy, "nobody", None)
    assert CONTEXT.team("nobody").name == "nobody"
    assert CONTEXT.subject("team:pay").title == "Pay"
    assert CONTEXT.subject("objective:gone").title == "gone"
