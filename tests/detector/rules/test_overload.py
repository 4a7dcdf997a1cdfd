"""`overload`: work in progress for more than three objectives, or more than three items a member."""

from typing import Any

import pytest

from services.detector.facts import TeamFacts
from tests.detector.group_made import GROUPS, context, draft_of, evidence, refuses_others, sentences
from tests.detector.made import MONDAY, judged, severity, told

RULE = "overload"
GOALS = ("easy", "far", "new", "safe")


def own(policy: dict[str, Any] | None = None, **app: Any) -> Any:
    objectives = [{"id": name, "title": f"Goal {name}", "team": "pay"} for name in (*GOALS, "wide")]
    return context(policy, objectives=objectives, teams=[{"id": "app", "name": "App"} | app, {"id": "pay"}])


ALONE = own(members=["Ana"])
"""A strategy with five objectives; App has one member."""
NOBODY = own()


def busy(in_progress: int, *objectives: str) -> TeamFacts:
    return TeamFacts("app", in_progress=in_progress, busy_objectives=objectives)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (busy(0), None),
        (busy(9), None),
        (busy(10), "medium"),
        (busy(3, "easy", "far", "safe"), None),
        (busy(4, "easy", "far", "gone", "safe"), None),
    ],
)
def test_more_than_3_items_a_member_of_three(facts: TeamFacts, expected: str | None) -> None:
    assert severity(RULE, facts, MONDAY, GROUPS) == expected


@pytest.mark.parametrize(
    ("in_progress", "objectives", "expected"),
    [
        (3, GOALS[:3], None),
        (4, GOALS[:3], "medium"),
        (3, GOALS, "medium"),
        (3, (*GOALS[:3], "gone"), None),
        (3, (*GOALS[:3], "wide"), "medium"),
    ],
)
def test_more_than_3_objectives_of_the_strategy(
    in_progress: int, objectives: tuple[str, ...], expected: str | None
) -> None:
    assert severity(RULE, busy(in_progress, *objectives), MONDAY, ALONE) == expected


def test_where_no_members_are_listed_only_objectives_count() -> None:
    assert severity(RULE, busy(100, *GOALS[:3]), MONDAY, NOBODY) is None
    assert severity(RULE, busy(1, *GOALS), MONDAY, NOBODY) == "medium"
    assert severity(RULE, TeamFacts("stranger", in_progress=100), MONDAY, NOBODY) is None


def test_nothing_about_it_changes_by_itself() -> None:
    assert judged(RULE, busy(10), MONDAY, GROUPS).check_after is None
    assert judged(RULE, busy(9), MONDAY, GROUPS).check_after is None


def test_the_policy_may_be_the_teams() -> None:
    strict = own(members=["Ana"], policy={"overload_objectives": 1, "overload_items_per_member": 1})
    assert severity(RULE, busy(1, "easy"), MONDAY, strict) is None
    assert severity(RULE, busy(2, "easy"), MONDAY, strict) == "medium"
    assert severity(RULE, busy(1, "easy", "far"), MONDAY, strict) == "medium"
    ((said, _),) = sentences(RULE, busy(2, "easy"), MONDAY, "team:app", strict)
    assert said.endswith("more than 1 objective count, or more than 1 items.")
    text = told(draft_of(RULE, busy(2, "easy", "far"), MONDAY, strict), context=strict)
    assert text.why == (
        "It has work in progress for “Goal easy” and “Goal far”; 1 at once are the most meant. "
        "It has 2 items in progress for 1 member; 1 are the most meant."
    )
    assert text.clears_when.endswith("at most 1 objective with work in progress, and at most 1 item a member.")
    assert severity(RULE, busy(4, *GOALS), MONDAY, own({"overload_objectives": 4}, members=["Ana", "Bo"])) is None


def test_a_finding_names_objectives_and_never_people() -> None:
    draft = draft_of(RULE, busy(4, *GOALS[:3], "gone", "safe"), MONDAY, ALONE)
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, ("team:app",), "app", None)
    assert draft.since is None
    assert evidence(draft) == [
        ("in-progress", None, None, 4),
        ("members", None, None, 1),
        *(("busy-objective", f"objective:{name}", None, None) for name in GOALS),
    ]


def test_it_says_which_is_too_much() -> None:
    items = told(draft_of(RULE, busy(10, "easy"), MONDAY), context=GROUPS)
    assert items.title == "App has 10 items in progress for 3 members."
    assert items.why == "It has 10 items in progress for 3 members; 9 are the most meant."
    assert items.question == "Which of these would help most when finished first, and what could wait meanwhile?"
    assert items.clears_when == (
        "Clears when it has at most 3 objectives with work in progress, and at most 3 items a member."
    )
    goals = told(draft_of(RULE, busy(3, *GOALS), MONDAY, ALONE), context=ALONE)
    assert goals.title == "App works for 4 objectives at once."
    assert goals.why == (
        "It has work in progress for “Goal easy”, “Goal far”, “Goal new” and “Goal safe”; 3 at once are the most meant."
    )
    both = told(draft_of(RULE, busy(4, *GOALS), MONDAY, ALONE), context=ALONE)
    assert both.title == goals.title
    assert both.why == f"{goals.why} It has 4 items in progress for 1 member; 3 are the most meant."
    quiet = told(draft_of(RULE, busy(100, *GOALS), MONDAY, NOBODY), context=NOBODY)
    assert quiet.why == goals.why


def test_it_tells_only_of_what_is_more_than_its_team_means() -> None:
    strict = own(members=["Ana"], policy={"overload_objectives": 1, "overload_items_per_member": 5})
    goals = told(draft_of(RULE, busy(5, "easy", "far"), MONDAY, strict), context=strict)
    assert goals.why == "It has work in progress for “Goal easy” and “Goal far”; 1 at once are the most meant."
    assert goals.clears_when == (
        "Clears when it has at most 1 objective with work in progress, and at most 5 items a member."
    )
    items = told(draft_of(RULE, busy(4, "easy", "far", "safe"), MONDAY, ALONE), context=ALONE)
    assert items.why == "It has 4 items in progress for 1 member; 3 are the most meant."


def test_a_title_stays_short_where_the_team_has_a_long_name() -> None:
    long = own(members=["Ana"], name="The people who look after all that has to do with apps")
    assert (
        told(draft_of(RULE, busy(4), MONDAY, long), context=long).title
        == "The people who look… has 4 items in progress for 1 member."
    )


@pytest.mark.parametrize(
    ("facts", "strategy", "says"),
    [
        (busy(9, "easy"), GROUPS, (("It has 1 objective with work in progress, and 9 items in progress for 3 members; "
                                   "more than 3 objectives count, or more than 9 items."), False)),
        (busy(4, *GOALS), ALONE, (("It has 4 objectives with work in progress, and 4 items in progress for 1 member; "
                                  "more than 3 objectives count, or more than 3 items."), True)),
        (busy(1), NOBODY, (("It has 0 objectives with work in progress, and 1 item in progress for 0 members; "
                           "more than 3 objectives count, as it has no listed members its items do not count."),
                          False)),
    ],
)  # fmt: skip
def test_its_condition_gives_both_counts(facts: TeamFacts, strategy: Any, says: tuple[str, bool]) -> None:
    assert sentences(RULE, facts, MONDAY, "team:app", strategy) == [says]
    refuses_others(RULE, facts, MONDAY, "team:app", strategy)
