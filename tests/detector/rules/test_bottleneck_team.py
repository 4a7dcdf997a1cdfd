"""`bottleneck-team`: three other teams wait on one."""

import pytest

from services.detector.facts import TeamFacts, WaitingTeam
from tests.detector.made import at, judged, severity, told

RULE = "bottleneck-team"


def waited_on(*teams: str) -> TeamFacts:
    return TeamFacts("app", waiting=tuple(WaitingTeam(t, 2, at(f"2026-06-0{n}")) for n, t in enumerate(teams, 1)))


@pytest.mark.parametrize(
    ("teams", "expected"), [((), None), (("pay", "gulf"), None), (("pay", "gulf", "tokyo"), "high")]
)
def test_from_3_other_teams_on(teams: tuple[str, ...], expected: str | None) -> None:
    assert severity(RULE, waited_on(*teams)) == expected


def test_it_holds_since_the_third_team_waits_in_whatever_order_they_are_given() -> None:
    facts = waited_on("pay", "gulf", "tokyo", "ops")
    (draft,) = judged(RULE, facts).findings
    (again,) = judged(RULE, TeamFacts("app", waiting=facts.waiting[::-1])).findings
    assert draft == again
    assert draft.since == at("2026-06-03")
    assert (draft.subjects, draft.team, draft.objective) == (("team:app",), "app", None)


def test_it_names_who_waits() -> None:
    (draft,) = judged(RULE, waited_on("pay", "gulf", "tokyo")).findings
    assert told(draft).title == "3 teams wait on App."
    assert told(draft).why == "Pay, Gulf and Tokyo wait on App, with 6 dependencies in all."
