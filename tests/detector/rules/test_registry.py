"""The folder is the list of rules: each file is registered once, under the name of the file; and all are used."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import services.detector.rules
from schemas.findings import Severity
from schemas.strategy import Strategy
from services.detector.context import Context
from services.detector.facts import (
    CapacityFacts,
    ConnectionFacts,
    CycleFacts,
    Facts,
    ItemNeighbourhood,
    KeyResultFacts,
    ObjectiveFacts,
    TeamFacts,
)
from services.detector.policy import compile_strategy
from services.detector.rule import Rule, Telling
from services.detector.rules.registry import BY_NAME, RULES, by_mode, is_watched, judge, rules_of, tell
from services.detector.verdict import NOTHING, Draft, Verdict
from tests.detector.made import CONTEXT, DONE, IN_PROGRESS, MONDAY, at, item, strategy, waiting

FOLDER = Path(services.detector.rules.__file__).parent
FILES = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "registry"}


def test_every_file_is_a_registered_rule_of_its_name() -> None:
    assert {rule.name.replace("-", "_") for rule in RULES} == FILES
    assert len(BY_NAME) == len(RULES)
    assert all(import_module(f"services.detector.rules.{stem}").RULE in RULES for stem in FILES)


def test_every_rule_has_tests() -> None:
    tested = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert tested >= FILES


def test_a_fingerprint_is_of_the_rule_and_the_subjects_in_their_order() -> None:
    """sha256 of "stalled-dependency\\njira:a:1\\njira:a:2", as `sha256sum` gives it."""
    draft = Draft("stalled-dependency", ("jira:a:1", "jira:a:2"), Severity.LOW, None, None, None)
    turned = Draft("stalled-dependency", ("jira:a:2", "jira:a:1"), Severity.LOW, None, None, None)
    assert draft.fingerprint == "6ac3152d3cb5c990"
    assert turned.fingerprint != draft.fingerprint


KINDS: tuple[type[Facts], ...] = (
    *(ItemNeighbourhood, TeamFacts, ObjectiveFacts, KeyResultFacts, CapacityFacts, CycleFacts, ConnectionFacts),
)
EASY = {"id": "easy", "title": "Easy", "team": "app"}
STALE = item(1, status_category=IN_PROGRESS, assignee=None, team="pay", objective="easy")
WAITED_FOR = waiting(STALE, item(2))


ON_IT = {"stalled-dependency": False, "unowned-blocker": False, "stale-work": False}


def modes(**rules: str) -> dict[str, Any]:
    """Return these rules' modes as a part of a strategy; what is written `a_b` is rule `a-b`."""
    return {"policy": {"rules": {name.replace("_", "-"): mode for name, mode in rules.items()}}}


def found(context: Context = CONTEXT) -> dict[str, bool]:
    """Return the rules with a finding, and whether it is in the shadow."""
    return {draft.rule: draft.shadow for draft in judge(WAITED_FOR, context, MONDAY).findings}


def test_every_rule_judges_the_facts_that_it_names_and_no_others() -> None:
    judging = {kind: rules_of(kind) for kind in KINDS}
    assert {rule.name: {kind for kind in KINDS if rule in judging[kind]} for rule in RULES} == {
        rule.name: set(rule.facts) for rule in RULES
    }
    order = [rule.name for rule in RULES]
    for rules in judging.values():
        assert sorted(rules, key=lambda rule: order.index(rule.name)) == list(rules)


def test_a_verdict_is_what_all_rules_say_and_is_asked_again_when_the_first_of_them_is() -> None:
    each = [rule.judge(WAITED_FOR, CONTEXT, MONDAY) for rule in rules_of(ItemNeighbourhood)]
    whole = judge(WAITED_FOR, CONTEXT, MONDAY)
    assert found() == ON_IT
    assert whole.findings == tuple(draft for verdict in each for draft in verdict.findings)
    assert whole.check_after == min(verdict.check_after for verdict in each if verdict.check_after)
    hidden = judge(waiting(item(1, assignee=None, visible=False), item(2)), CONTEXT, MONDAY)
    on_the_pair = {draft.fingerprint for draft in whole.findings if len(draft.subjects) > 1}
    assert (whole.unknown, on_the_pair <= hidden.unknown) == (frozenset(), True)


@pytest.mark.parametrize(
    ("parts", "without", "shadow"),
    [
        (modes(unowned_blocker="off"), {"unowned-blocker"}, set()),
        (modes(stalled_dependency="off"), {"stalled-dependency"}, set()),
        (modes(stalled_dependency="shadow"), set(), {"stalled-dependency"}),
        (modes(stalled_dependency="on"), set(), set()),
        ({"teams": [{"id": "app"}, {"id": "pay"} | modes(unowned_blocker="off")]}, {"unowned-blocker"}, set()),
        ({"teams": [{"id": "app"} | modes(unowned_blocker="off"), {"id": "pay"}]}, set(), set()),
        ({"objectives": [EASY | modes(unowned_blocker="shadow")]}, set(), {"unowned-blocker"}),
    ],
)
def test_a_rule_may_be_off_or_in_the_shadow_for_everybody_a_team_or_an_objective(
    parts: dict[str, Any], without: set[str], shadow: set[str]
) -> None:
    known = {"teams": [{"id": "app"}, {"id": "pay"}], "objectives": [EASY]}
    context = compile_strategy(Strategy.model_validate(strategy().model_dump(mode="json") | known | parts))
    assert found(context) == {rule: rule in shadow for rule in ON_IT if rule not in without}


def test_a_mode_changes_nothing_but_the_findings() -> None:
    verdict = Verdict(judge(WAITED_FOR, CONTEXT, MONDAY).findings, at("2026-06-16"), frozenset({"hidden"}))
    off = compile_strategy(strategy({"rules": dict.fromkeys(ON_IT, "off")}))
    assert by_mode(verdict, CONTEXT) is verdict
    assert by_mode(verdict, off) == Verdict((), at("2026-06-16"), frozenset({"hidden"}))
    assert by_mode(NOTHING, off) is NOTHING


def test_an_item_is_watched_if_any_rule_watches_it() -> None:
    done = item(1, status_category=DONE, done=MONDAY, objective="easy")
    assert [rule.name for rule in RULES if rule.watches(done)] == []
    assert not is_watched(done)
    begun = replace(STALE, objective=None)
    assert 0 < sum(rule.watches(begun) for rule in RULES) < len(RULES)
    assert is_watched(begun)


def test_each_finding_is_told_by_its_own_rule() -> None:
    subjects = {one.ref: one.subject for one in (STALE, item(2))}
    for draft in judge(WAITED_FOR, CONTEXT, MONDAY).findings:
        rule: Rule[Any] = BY_NAME[draft.rule]
        assert tell(draft, subjects, CONTEXT, MONDAY) == rule.tell(Telling(draft, subjects, CONTEXT, MONDAY))
        assert "PAY-1" in tell(draft, subjects, CONTEXT, MONDAY).title
