"""`dependency-date-conflict`: the blocker is due after the dependent means to start, or to be done."""

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import DONE, asked, at, in_words, item, judged, severity, strategy, told, waiting

RULE = "dependency-date-conflict"
FAR = date(2027, 3, 10)


@pytest.mark.parametrize(
    ("blocker_due", "start", "due", "expected"),
    [
        (date(2027, 3, 11), None, FAR, "high"),
        (date(2027, 3, 10), None, FAR, None),
        (date(2027, 3, 2), date(2027, 3, 1), FAR, "high"),
        (date(2027, 3, 1), date(2027, 3, 1), FAR, None),
        (None, date(2027, 3, 1), FAR, None),
        (date(2027, 3, 2), date(2027, 3, 1), None, None),
        (date(2026, 6, 30), None, date(2026, 6, 29), "critical"),
    ],
)
def test_both_need_a_due_and_one_must_break(
    blocker_due: date | None, start: date | None, due: date | None, expected: str | None
) -> None:
    assert severity(RULE, waiting(item(1, due=blocker_due), item(2, start=start, due=due))) == expected


def test_it_weighs_more_from_the_day_on_which_the_due_is_near() -> None:
    facts = waiting(item(1, due=date(2026, 7, 1)), item(2, due=date(2026, 6, 30)))
    verdict = judged(RULE, facts)
    assert verdict.check_after == at("2026-06-16T00:00")
    assert severity(RULE, facts, at("2026-06-16T00:00")) == "critical"


@pytest.mark.parametrize(
    ("start", "title"),
    [
        (None, "APP-2 is due 10 March 2027, but waits for APP-1, due 1 April 2027."),
        (date(2027, 3, 1), "APP-2 starts 1 March 2027, but waits for APP-1, due 1 April 2027."),
    ],
)
def test_it_reads_with_both_dates(start: date | None, title: str) -> None:
    blocker, dependent = item(1, due=date(2027, 4, 1)), item(2, start=start, due=FAR)
    (draft,) = judged(RULE, waiting(blocker, dependent)).findings
    text = told(draft, blocker, dependent, now=at("2027-01-04"))
    assert text.title == title.replace(" 2027", "")


def test_only_a_live_dependency_conflicts_and_an_end_out_of_sight_is_unknown() -> None:
    late: dict[str, Any] = {"due": date(2027, 3, 11)}
    early: dict[str, Any] = {"due": FAR}
    (draft,) = judged(RULE, waiting(item(1, **late), item(2, **early))).findings
    hidden = {"visible": False}
    for facts in (
        waiting(item(1, **late, **hidden), item(2, **early)),
        waiting(item(1, **late), item(2, **early, **hidden)),
    ):
        assert judged(RULE, facts).findings == ()
        assert judged(RULE, facts).unknown == {draft.fingerprint}
    assert judged(RULE, waiting(item(1, status_category=DONE, **late), item(2, **early))).findings == ()
    assert judged(RULE, waiting(item(1, **late), item(2, status_category=DONE, **early))).findings == ()
    assert judged(RULE, waiting(item(1, **late))) == NOTHING


@pytest.mark.parametrize(
    ("team", "day", "moment"),
    [
        ("pay", date(2026, 6, 1), "2026-05-14T22:00"),  # 25 May 2026 is a holiday in Berlin, and so is 14 May
        ("pay", date(2026, 4, 15), "2026-03-29T22:00"),  # the clocks went on in the night before
        ("pay", date(2026, 11, 9), "2026-10-25T23:00"),  # and back
        ("tokyo", date(2026, 6, 1), "2026-05-17T15:00"),
    ],
)
def test_a_due_weighs_from_the_day_of_the_dependents_team(team: str, day: date, moment: str) -> None:
    facts = waiting(item(1, due=FAR), item(2, due=day, team=team))
    before = at(moment) - timedelta(microseconds=1)
    assert (severity(RULE, facts, before), severity(RULE, facts, at(moment))) == ("critical", "critical")
    assert judged(RULE, facts, before).check_after == at(moment)
    reasons = [judged(RULE, facts, now).findings[0].evidence[-1].value for now in (before, at(moment))]
    assert reasons == [["different-teams"], ["different-teams", "due-soon"]]


def test_how_near_is_the_policys_of_the_blockers_team_and_of_the_objective() -> None:
    parts = strategy({"due_within_working_days": 4}).model_dump()
    parts["teams"][1]["policy"] = {"due_within_working_days": 3}
    parts["objectives"][0]["policy"] = {"due_within_working_days": 0}
    context = compile_strategy(strategy().model_validate(parts))

    def weighs(day: int, team: str = "app", objective: str | None = None) -> str | None:
        dependent = item(2, due=date(2026, 6, day), team=team, objective=objective)
        return severity(RULE, waiting(item(1, due=FAR, team=team), dependent), context=context)

    assert (weighs(19), weighs(22)) == ("critical", "high")
    assert (weighs(18, "pay"), weighs(19, "pay")) == ("critical", "high")
    assert (weighs(15, objective="easy"), weighs(16, objective="easy")) == ("critical", "high")


def test_the_whole_finding() -> None:
    facts = waiting(
        item(1, due=date(2027, 4, 1), team="pay"),
        item(2, start=date(2027, 3, 1), due=FAR, team="pay", objective="easy"),
        made=at("2026-06-05"),
    )
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=("jira:made:1", "jira:made:2"),
        severity=Severity.HIGH,
        team="pay",
        objective="easy",
        since=at("2026-06-05"),
        evidence=(
            Evidence(fact="due", ref="jira:made:1", value="2027-04-01"),
            Evidence(fact="start", ref="jira:made:2", value="2027-03-01"),
            Evidence(fact="blocking-team", ref="jira:made:1", value="pay"),
            Evidence(fact="waiting-team", ref="jira:made:2", value="pay"),
            Evidence(fact="due", ref="jira:made:2", value="2027-03-10"),
            Evidence(fact="link-made", at=at("2026-06-05")),
        ),
    )
    assert in_words(RULE, facts, item(2, team="pay"), now=at("2027-01-04")) == Text(
        title="PAY-2 starts 1 March, but waits for PAY-1, due 1 April.",
        why="PAY-1 is due 1 April; PAY-2, which depends on it, starts 1 March and is due 10 March.",
        question="Which date can move, or which part of PAY-1 could PAY-2 have earlier?",
        clears_when="Clears when PAY-1 is due by the time PAY-2 needs it, or when either is done.",
    )


def test_the_words_where_the_start_can_be_kept_or_names_are_long() -> None:
    facts = waiting(item(1, due=date(2027, 3, 11)), item(2, start=date(2027, 3, 11), due=FAR))
    text = in_words(RULE, facts, item(2), now=at("2027-01-04"))
    assert text.why == "APP-1 is due 11 March; APP-2, which depends on it, is due 10 March."
    long = waiting(item(1, due=date(2027, 3, 11), ref="asana:1", title="Agree with the bank"), item(2, due=FAR))
    assert in_words(RULE, long, item(2)).title == "“Agree with the bank” is due after APP-2 “Item 2”."


def test_its_conditions_in_words() -> None:
    pair = ("jira:made:1", "jira:made:2")
    live = Condition("APP-2 (to do) depends on APP-1 (to do); both have to be open.", holds=True)
    facts = waiting(item(1, due=date(2026, 8, 2)), item(2, start=date(2026, 8, 1), due=date(2026, 8, 3)))
    assert asked(RULE, facts, *pair) == (
        live,
        Condition("APP-1 is due 2 August, APP-2 3 August; both need a due.", holds=True),
        Condition(
            "APP-1 is due 2 August; APP-2 starts 1 August and is due 3 August; "
            "the first has to be later than one of these.",
            holds=True,
        ),
    )
    fits = waiting(item(1, due=date(2026, 8, 2)), item(2, due=date(2026, 8, 2)))
    assert asked(RULE, fits, *pair)[2] == Condition(
        "APP-1 is due 2 August; APP-2 starts at no day and is due 2 August; "
        "the first has to be later than one of these.",
        holds=False,
    )
    assert asked(RULE, waiting(item(1), item(2, due=date(2026, 8, 2))), *pair)[1] == Condition(
        "APP-1 is due at no day, APP-2 2 August; both need a due.", holds=False
    )
    assert not asked(RULE, waiting(item(1, due=date(2026, 8, 2)), item(2)), *pair)[1].holds
    assert asked(RULE, waiting(item(1)), *pair) == (
        Condition("Nothing known says that jira:made:2 depends on jira:made:1: 0 depend on APP-1.", holds=False),
    )
