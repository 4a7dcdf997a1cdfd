"""What a finding's life is, what a rule's findings come to, and how two runs differ."""

from datetime import date

from schemas.findings import Severity
from services.backtest.comparing import compare
from services.backtest.days import Days
from services.backtest.lives import Life, Lives
from services.backtest.summary import summarize
from services.detector.verdict import Draft
from tests.detector.made import CONTEXT

RULE = "stale-work"
DAYS = Days(date(2026, 6, 1), date(2026, 6, 30))
"""The first of June 2026 is a Monday."""


def draft(number: int = 1, severity: Severity = Severity.MEDIUM, team: str | None = "app") -> Draft:
    return Draft(RULE, (f"jira:made:{number}",), severity, team, None, None)


def life(number: int, began: int, ended: int | None, severity: Severity = Severity.MEDIUM, team: str = "app") -> Life:
    return Life(draft(number, severity, team), began, severity, ended)


def test_a_finding_lives_from_the_day_that_holds_it_to_the_first_that_does_not() -> None:
    lives = Lives()
    lives.judged("a", (draft(),), frozenset(), 3)
    lives.judged("a", (draft(),), frozenset(), 5)
    lives.judged("a", (), frozenset(), 8)
    (one,) = lives.all
    assert (one.began, one.ended, one.days) == (3, 8, 5)
    assert lives.now() == []


def test_a_finding_that_comes_again_has_another_life() -> None:
    lives = Lives()
    for day, found in enumerate([(draft(),), (), (draft(),)]):
        lives.judged("a", found, frozenset(), day)
    assert [(one.began, one.ended) for one in lives.all] == [(0, 1), (2, None)]


def test_the_highest_severity_of_a_life_is_kept() -> None:
    lives = Lives()
    for day, severity in enumerate([Severity.MEDIUM, Severity.HIGH, Severity.LOW]):
        lives.judged("a", (draft(severity=severity),), frozenset(), day)
    (one,) = lives.all
    assert (one.worst, one.draft.severity) == (Severity.HIGH, Severity.LOW)


def test_what_nobody_can_tell_now_stays_open() -> None:
    lives = Lives()
    lives.judged("a", (draft(),), frozenset(), 0)
    lives.judged("a", (), frozenset({draft().fingerprint}), 1)
    assert lives.now() == [draft()]
    assert "a" in lives


def test_a_rule_is_summed_up_with_nearest_ranks_over_those_that_have_ended() -> None:
    lives = [life(number, 1, 1 + number) for number in range(1, 11)] + [life(20, 2, None), life(21, 0, 9)]
    (summary,) = summarize([RULE], lives, DAYS, CONTEXT)
    assert (summary.fired, summary.stood, summary.open) == (11, 1, 1)
    assert (summary.median_days, summary.p85_days) == (5, 9)


def test_a_working_week_is_five_working_days_of_the_team_that_must_act() -> None:
    """From Friday to Sunday week are 5 for app, and 6 for gulf, which rests on Friday and Saturday."""
    tuesdays = [life(1, 1, 8), life(2, 1, 9)]
    assert summarize([RULE], tuesdays, DAYS, CONTEXT)[0].cleared_in_week == 1
    for team, cleared in (("app", 1), ("gulf", 0)):
        (summary,) = summarize([RULE], [life(1, 4, 13, team=team)], DAYS, CONTEXT)
        assert (summary.in_time, summary.cleared_in_week) == (1, cleared)


def test_what_fired_too_late_to_clear_within_a_week_does_not_count_against_it() -> None:
    (summary,) = summarize([RULE], [life(1, 28, None), life(2, 2, None)], DAYS, CONTEXT)
    assert (summary.in_time, summary.cleared_in_week, summary.open) == (1, 0, 2)


def test_a_rule_that_never_fired_has_no_days() -> None:
    (summary,) = summarize([RULE], [], DAYS, CONTEXT)
    assert (summary.fired, summary.median_days, summary.p85_days, summary.in_time) == (0, None, None, 0)


def test_findings_are_counted_by_severity_worst_first_and_by_team_by_name() -> None:
    lives = [life(1, 1, 2), life(2, 1, 2, Severity.CRITICAL, "pay"), life(3, 1, 2, team="pay")]
    (summary,) = summarize([RULE], lives, DAYS, CONTEXT)
    assert list(summary.severities.items()) == [("critical", 1), ("medium", 2)]
    assert list(summary.teams.items()) == [("app", 1), ("pay", 2)]


def test_two_lives_are_of_one_finding_if_they_share_a_day() -> None:
    first = [life(1, 1, 5), life(2, 1, 5), life(3, 1, 5), life(4, 2, None)]
    second = [life(1, 3, 5), life(2, 5, 6), life(4, 9, None, Severity.HIGH), life(5, 0, 1)]
    found = compare(first, second)
    assert [one.draft.subjects[0][-1] for one in found.spared] == ["2", "3"]
    assert [one.draft.subjects[0][-1] for one in found.added] == ["5", "2"]
    assert found.reweighed == 1


def test_a_day_knows_what_happened_by_its_moment() -> None:
    noon = DAYS.moment(2)
    assert (DAYS.reaching(noon), DAYS.day(2)) == (2, date(2026, 6, 3))
    assert DAYS.reaching(noon.replace(microsecond=1)) == 3
    assert DAYS.reaching(DAYS.moment(0).replace(year=2020)) == 0
    assert DAYS.reaching(DAYS.moment(29).replace(hour=13)) == len(DAYS) == 30
