"""The direct claim: the item's own word first, then the best selector; rivals with as many fields are ties."""

from schemas.aligned_items import Alignment, AlignmentRule, Claim
from services.mapper.claims import UNCLAIMED
from tests.builders import work_item
from tests.mapper.strategies import compiled, objective


def test_the_item_s_own_word_beats_every_selector() -> None:
    plan = compiled(objective("grow", {"project": "APP", "label": "objective:keep"}), objective("keep"))
    claim = plan.claim(work_item(1, labels=("x", "objective:keep")))
    assert claim == Alignment(objective="keep", rule=AlignmentRule.SELF, selector="label objective:keep")


def test_a_custom_field_says_it_too() -> None:
    plan = compiled(objective("grow"))
    for value in ("objective:grow", ("other", "objective:grow")):
        claim = plan.claim(work_item(1, custom_fields={"Goal": value}))
        assert claim == Alignment(objective="grow", rule=AlignmentRule.SELF, selector="field Goal = objective:grow")


def test_of_two_words_the_objective_that_stands_first_in_the_file_holds() -> None:
    plan = compiled(objective("grow"), objective("keep"))
    for labels in (("objective:keep", "objective:grow"), ("objective:grow", "objective:keep")):
        assert plan.claim(work_item(1, labels=labels)).objective == "grow"


def test_an_unknown_objective_counts_as_not_said_and_is_noted() -> None:
    plan = compiled(objective("grow", {"project": "APP"}))
    claim = plan.claim(work_item(1, labels=("objective:gone",)))
    assert (claim.objective, claim.rule) == ("grow", AlignmentRule.SELECTOR)
    assert claim.unknown_objectives == ("gone",)
    itself = plan.claim(work_item(1, labels=("objective:gone", "objective:grow")))
    assert (itself.rule, itself.unknown_objectives) == (AlignmentRule.SELF, ("gone",))
    elsewhere = plan.claim(work_item(1, project="WEB", labels=("objective:gone",)))
    assert elsewhere == Alignment(unknown_objectives=("gone",))


def test_two_objectives_with_as_many_fields_tie_and_the_first_holds() -> None:
    plan = compiled(
        objective("weak", {"project": "APP"}),
        objective("grow", {"label": "b", "project": "APP"}, {"label": "a", "project": "APP"}),
        objective("keep", {"component": "x", "project": "APP"}),
    )
    claim = plan.claim(work_item(1, labels=("a", "b"), components=("x",)))
    assert claim.objective == "grow"
    assert claim.selector == "{project: APP, label: b}"
    assert claim.ties == (Claim(objective="keep", selector="{project: APP, component: x}", fields=2, position=3),)


def test_two_selectors_of_one_objective_are_no_tie() -> None:
    plan = compiled(objective("grow", {"label": "a"}, {"label": "b"}))
    assert plan.claim(work_item(1, labels=("a", "b"))).ties == ()


def test_nobody_claims_it() -> None:
    assert compiled(objective("grow", {"label": "a"})).claim(work_item(1)) is UNCLAIMED


def test_a_strategy_s_version_is_told_with_it_and_its_teams_and_categories_are_its_own() -> None:
    app = {"id": "app", "owns": [{"label": "night"}]}
    run = {"id": "run", "share": [0, 1], "work": [{"label": "night"}]}
    plan = compiled(objective("grow"), version=7, teams=({"id": "web"}, app), capacity=[run])
    assert plan.version == 7
    night, day = work_item(1, labels=("night",)), work_item(1)
    assert (plan.team(night).team, plan.category(night)) == ("app", "run")
    assert (plan.team(day).team, plan.category(day)) != ("app", "run")
    assert plan.category(day) is None
