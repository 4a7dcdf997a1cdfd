"""`bottleneck-team`: three other teams wait on one."""

import pytest

from services.detector.facts import TeamFacts, WaitingTeam
from services.detector.policy import compile_strategy
from tests.detector.group_made import draft_of, evidence, refuses_others, sentences
from tests.detector.made import CONTEXT, MONDAY, at, judged, severity, strategy, told

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


def test_a_finding_names_each_team_with_its_dependencies_oldest_first() -> None:
    verdict = judged(RULE, waited_on("pay", "gulf", "tokyo"))
    assert verdict.check_after is None
    (draft,) = verdict.findings
    assert (draft.rule, str(draft.severity)) == (RULE, "high")
    assert evidence(draft) == [
        ("waiting-team", None, at("2026-06-01"), ["pay", 2]),
        ("waiting-team", None, at("2026-06-02"), ["gulf", 2]),
        ("waiting-team", None, at("2026-06-03"), ["tokyo", 2]),
    ]
    same = tuple(WaitingTeam(team, 1, at("2026-06-01")) for team in ("pay", "gulf", "tokyo"))
    tied = draft_of(RULE, TeamFacts("app", waiting=same), MONDAY, CONTEXT)
    assert [one.value for one in tied.evidence] == [["gulf", 1], ["pay", 1], ["tokyo", 1]]


def test_it_asks_what_could_be_taken_off() -> None:
    text = told(draft_of(RULE, waited_on("pay", "gulf", "tokyo"), MONDAY, CONTEXT))
    assert text.question == "Which of these matters most, and what could others take off App?"
    assert text.clears_when == "Clears when fewer teams have open items that wait on open items of App."
    one = compile_strategy(strategy({"bottleneck_teams": 1}))
    single = TeamFacts("app", waiting=(WaitingTeam("pay", 1, at("2026-06-01")),))
    lone = told(draft_of(RULE, single, MONDAY, one), context=one)
    assert (lone.title, lone.why) == ("1 team waits on App.", "Pay waits on App, with 1 dependency in all.")
    long = compile_strategy(strategy(teams=[{"id": "app", "name": "All who look after everything that is an app"}]))
    draft = draft_of(RULE, waited_on("pay", "gulf", "tokyo"), MONDAY, long)
    assert told(draft, context=long).title == "3 teams wait on All who look after everything that is an…."


def test_the_policy_may_be_the_teams() -> None:
    own = compile_strategy(strategy(teams=[{"id": "app", "policy": {"bottleneck_teams": 2}}]))
    assert severity(RULE, waited_on("pay"), MONDAY, own) is None
    assert draft_of(RULE, waited_on("pay", "gulf"), MONDAY, own).since == at("2026-06-02")


@pytest.mark.parametrize(
    ("teams", "says"),
    [
        ((), ("0 other teams wait on open items of it; at least 3 are needed.", False)),
        (("pay",), ("1 other team waits on open items of it; at least 3 are needed.", False)),
        (("pay", "gulf", "tokyo"), ("3 other teams wait on open items of it; at least 3 are needed.", True)),
    ],
)
def test_its_condition_gives_the_count(teams: tuple[str, ...], says: tuple[str, bool]) -> None:
    assert sentences(RULE, waited_on(*teams), MONDAY, "team:app", CONTEXT) == [says]
    refuses_others(RULE, waited_on(*teams), MONDAY, "team:app", CONTEXT)
