"""`leeway why-not` and the long form of `leeway explain`, on a home that a replay has kept."""

from collections.abc import Iterator

import pytest

from services.detector.rules.registry import RULES
from tests.commands.typed import AS_OF, Replayed, leeway
from tests.stack import supervised


@pytest.fixture(scope="module", autouse=True)
def running(replayed: Replayed) -> Iterator[None]:
    """A hundred questions: the home's database runs meanwhile, or each of them would start it."""
    with supervised(replayed.home):
        yield


def asked(replayed: Replayed, *arguments: str) -> str:
    told = leeway("why-not", *arguments, "--as-of", AS_OF, "--home", replayed.home)
    assert told.code == 0, told.err
    return told.out


def test_a_condition_that_does_not_hold_is_told_with_its_numbers(replayed: Replayed) -> None:
    out = asked(replayed, "stale-work", "PLAT-7")
    assert out.startswith("stale-work holds nothing on PLAT-7:")
    assert "no   PLAT-7 is to do" in out
    assert "Only an event can change that" in out


def test_a_pair_is_asked_by_both_ends_and_each_pair_by_one(replayed: Replayed) -> None:
    both = asked(replayed, "stalled-dependency", "PLAT-7", "GROW-121")
    assert both.startswith("stalled-dependency holds a finding on PLAT-7 and GROW-121:")
    assert "was last touched 20 working days ago; 5 are needed." in both
    assert asked(replayed, "stalled-dependency", "GROW-121") == both == asked(replayed, "stalled-dependency", "PLAT-7")


def test_when_time_alone_changes_it_that_moment_is_told(replayed: Replayed) -> None:
    out = asked(replayed, "stale-measurement", "onboarding/ttfv")
    assert "may change 2026-" in out or "holds a finding" in out


def test_json_holds_the_same_for_programs(replayed: Replayed) -> None:
    told = leeway("why-not", "unowned-blocker", "PLAT-7", "--as-of", AS_OF, "--home", replayed.home, "--format", "json")
    (answer,) = told.json
    assert answer["holds"] is True
    assert answer["fingerprint"] in {one["fingerprint"] for one in replayed.answer["findings"]}
    assert [one["holds"] for one in answer["conditions"]] == [True] * len(answer["conditions"])


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_every_rule_can_be_asked_of_a_subject_of_its_kind(replayed: Replayed, rule: str) -> None:
    for name in ("PLAT-7", "GROW-120", "objective:onboarding", "team:growth", "key-result:onboarding/ttfv"):
        told = leeway("why-not", rule, name, "--as-of", AS_OF, "--home", replayed.home)
        assert told.code == 0 or "is not about" in told.sentence or "has nothing to say of it" in told.sentence
        if told.code == 0:
            assert rule in told.out
            return
    assert rule in {"capacity-drift", "tracker-disagreement"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("stale-wrok", "PLAT-7"), "did you mean `stale-work`?"),
        (("stale-work", "PLAT-77"), "Nothing is known of 'PLAT-77'"),
        (("stale-work", "team:growth"), "stale-work is not about teams, but about items"),
        (("objective-idle", "PLAT-7"), "objective-idle is not about items, but about objectives"),
        (("objective-idle", "objective:nothing"), "Nothing is known of objective:nothing."),
        (("tracker-disagreement", "PLAT-7"), "PLAT-7 has no known twin"),
        (("late-start", "GROW-120"), "GROW-120 waits for nothing and nothing waits for it"),
    ],
)
def test_a_question_that_has_no_answer_says_what_to_ask(
    replayed: Replayed, arguments: tuple[str, ...], told: str
) -> None:
    assert told in leeway("why-not", *arguments, "--home", replayed.home).sentence


def test_explain_tells_the_conditions_and_the_way_to_the_objective(replayed: Replayed) -> None:
    (stalled,) = [one for one in replayed.answer["findings"] if one["rule"] == "stalled-dependency"]
    out = leeway("explain", stalled["fingerprint"][:8], "--as-of", AS_OF, "--home", replayed.home).out
    assert "As it stands now:" in out
    assert "yes  PLAT-7 was last touched 20 working days ago; 5 are needed." in out
    assert "GROW-121" in out.partition("From there to the objective:")[2]
    assert "serves “New admins reach first value in a day”, by the selector {tracker: jira, epic: GROW-120}" in out
    whole = leeway(
        "explain", stalled["fingerprint"], "--as-of", AS_OF, "--home", replayed.home, "--format", "json"
    ).json
    assert [one["holds"] for one in whole["conditions"]] == [True] * len(whole["conditions"])
    assert [one["key"] for one in whole["chain"]][:2] == ["PLAT-7", "GROW-121"]
