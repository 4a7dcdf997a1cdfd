"""`unvalidated-build`: an epic is being built, and no discovery of it was delivered by the time this began."""

from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence, ItemType, Resolution
from services.detector.facts import EpicFacts, ItemFacts, ItemNeighbourhood
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.rules.unvalidated_build import DiscoveryPolicy, is_discovery, watches
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import (
    CONTEXT,
    DONE,
    IN_PROGRESS,
    TODO,
    asked,
    at,
    begun,
    in_words,
    item,
    judged,
    severity,
    strategy,
)  # fmt: skip

RULE = "unvalidated-build"
REF = "jira:made:1"


def epic(*children: ItemFacts, linked: tuple[ItemFacts, ...] = (), **fields: Any) -> ItemNeighbourhood:
    return ItemNeighbourhood(item(1, **({"type": ItemType.EPIC} | fields)), epic=EpicFacts(children, linked))


def discovery(number: int = 9, done: str | None = "2026-05-29", **fields: Any) -> ItemFacts:
    """Return a discovery that was delivered."""
    values = {
        "status_category": DONE,
        "done": at(done) if done else None,
        "resolution": Resolution.DELIVERED,
        "labels": ("discovery",),
    }
    return item(number, **(values | fields))


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ((begun(2),), "low"),
        ((item(2), begun(3)), "low"),
        ((item(2),), None),
        ((item(2, status_category=DONE),), None),
        ((begun(2, labels=("discovery",)),), None),
        ((begun(2, type_name="Spike"),), None),
        ((begun(2, visible=False, absence=Absence.DELETED),), None),
    ],
)
def test_it_is_built_while_a_child_that_is_no_discovery_is_in_progress(
    children: tuple[ItemFacts, ...], expected: str | None
) -> None:
    assert severity(RULE, epic(*children)) == expected


def test_without_children_it_is_built_while_it_is_in_progress_itself() -> None:
    assert severity(RULE, epic(status_category=IN_PROGRESS)) == "low"
    assert severity(RULE, epic(status_category=TODO)) is None
    assert severity(RULE, epic(item(2), status_category=IN_PROGRESS)) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "low"),
        ({"type": ItemType.STORY}, None),
        ({"type": ItemType.INITIATIVE}, None),
        ({"status_category": DONE}, None),
        ({"visible": False}, None),
        ({"visible": False, "absence": Absence.DELETED}, None),
    ],
)
def test_only_an_open_epic_is_told_of_and_watched(fields: dict[str, Any], expected: str | None) -> None:
    facts = epic(begun(2), **fields)
    assert severity(RULE, facts) == expected
    assert watches(facts.item) == (expected is not None)
    asked(RULE, facts, REF)


def test_nothing_is_told_while_nothing_is_known_of_what_hangs_on_it() -> None:
    alone = ItemNeighbourhood(item(1, type=ItemType.EPIC, status_category=IN_PROGRESS))
    assert judged(RULE, alone) == NOTHING
    assert asked(RULE, alone, REF)[1:] == (
        Condition("Nothing is known of the children of APP-1; it has to be.", holds=False),
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (discovery(), None),
        (discovery(done="2026-05-31T23:59"), None),
        (discovery(done="2026-06-01"), None),
        (discovery(done="2026-06-01T12:01"), "low"),
        (discovery(labels=(), type_name="Research"), None),
        (discovery(labels=(), type_name="Discovery"), None),
        (discovery(labels=(), type_name="Spike"), None),
        (discovery(labels=("Discovery",), type_name="Story"), None),
        (discovery(labels=("discoveries",), type_name="Story"), "low"),
        (discovery(status_category=IN_PROGRESS), "low"),
        (discovery(status_category=TODO, done=None), "low"),
        (discovery(resolution=None), "low"),
        (discovery(resolution=None, resolution_name="Fixed"), None),
        (discovery(resolution=Resolution.CANCELLED), "low"),
        (discovery(resolution_name="Won't Do"), "low"),
        (discovery(done=None, touched=at("2026-06-01")), None),
        (discovery(done=None, touched=at("2026-06-01T12:01")), "low"),
        (discovery(visible=False, absence=Absence.DELETED), None),
    ],
)
def test_a_discovery_linked_or_a_child_delivered_by_then_validates_it(found: ItemFacts, expected: str | None) -> None:
    assert severity(RULE, epic(begun(2), linked=(found,))) == expected
    assert severity(RULE, epic(begun(2), found)) == expected
    asked(RULE, epic(begun(2), found), REF)


def test_the_first_that_was_begun_of_what_is_in_progress_counts() -> None:
    early, late = begun(2, started=at("2026-05-28")), begun(3)
    assert severity(RULE, epic(late, linked=(discovery(),))) is None
    assert severity(RULE, epic(late, early, linked=(discovery(),))) == "low"
    assert severity(RULE, epic(begun(2, started=None), late, linked=(discovery(done="2026-06-02"),))) == "low"
    assert severity(RULE, epic(begun(2, started=None), linked=(discovery(done="2026-06-02"),))) is None
    begun_itself = epic(status_category=IN_PROGRESS, started=at("2026-05-28"), linked=(discovery(),))
    assert severity(RULE, begun_itself) == "low"


def test_what_is_out_of_sight_makes_it_unknown() -> None:
    (draft,) = judged(RULE, epic(begun(2))).findings
    unknown = {draft.fingerprint}
    assert judged(RULE, epic(begun(2), visible=False)).unknown == unknown
    assert judged(RULE, epic(begun(2), linked=(discovery(status_category=TODO, visible=False),))).unknown == unknown
    assert judged(RULE, epic(begun(2, visible=False))).unknown == unknown
    assert judged(RULE, epic(item(2, visible=False))) == NOTHING
    assert judged(RULE, epic(begun(2, visible=False, labels=("discovery",)))) == NOTHING
    assert severity(RULE, epic(begun(2, visible=False), begun(3))) == "low"
    assert severity(RULE, epic(begun(2), linked=(discovery(visible=False, done="2026-06-02"),))) == "low"
    assert (
        judged(RULE, epic(begun(2), linked=(discovery(3), discovery(status_category=TODO, visible=False)))) == NOTHING
    )
    for facts in (epic(begun(2, visible=False)), epic(begun(2), discovery(status_category=TODO, visible=False))):
        assert not all(condition.holds for condition in asked(RULE, facts, REF))


@pytest.mark.parametrize(
    ("labels", "type_name", "expected"),
    [
        (("night", "discovery"), "", True),
        ((), "Spike", True),
        ((), "sPIKE", True),
        (("Discovery",), "Task", True),
        (("discoveries",), "Spikes", False),
        ((), "", False),
    ],
)
def test_a_discovery_is_one_by_label_or_type_in_any_case(labels: Any, type_name: str, expected: bool) -> None:
    one = item(1, labels=labels, type_name=type_name)
    assert is_discovery(one, CONTEXT.policy(DiscoveryPolicy)) == expected


def test_words_are_the_policys_of_team_and_objective() -> None:
    parts = strategy({"discovery_labels": ["study"], "discovery_types": ["Study"]}).model_dump()
    parts["teams"][1]["policy"] = {"discovery_labels": ["probe"], "cancelled_resolutions": ["Fixed"]}
    parts["objectives"][0]["policy"] = {"discovery_types": ["Trial"]}
    context = compile_strategy(strategy().model_validate(parts))

    def built(found: ItemFacts, **fields: Any) -> str | None:
        return severity(RULE, epic(begun(2), linked=(found,), **fields), context=context)

    assert (built(discovery()), built(discovery(labels=("study",)))) == ("low", None)
    assert built(discovery(type_name="Study")) is None
    assert built(discovery(labels=("study",)), team="pay") == "low"
    assert built(discovery(labels=("probe",)), team="pay") is None
    assert built(discovery(labels=("probe",), resolution_name="Fixed"), team="pay") == "low"
    assert built(discovery(type_name="Trial"), objective="easy") is None
    assert built(discovery(type_name="Study"), objective="easy") == "low"


def test_the_whole_finding() -> None:
    late, waiting = discovery(8, "2026-06-05"), item(7, labels=("discovery",))
    facts = epic(begun(3), begun(2), begun(4, started=at("2026-06-03")), late, linked=(late, waiting), team="pay",
                 objective="safe")  # fmt: skip
    verdict = judged(RULE, facts)
    assert verdict.check_after is None
    assert verdict.findings == (
        Draft(
            rule=RULE,
            subjects=(REF,),
            severity=Severity.LOW,
            team="pay",
            objective="safe",
            since=at("2026-06-01"),
            evidence=(
                Evidence(fact="build-begun", ref="jira:made:2", at=at("2026-06-01"), value="APP-2"),
                Evidence(fact="in-progress", ref=REF, value=3),
                Evidence(fact="discovery", ref="jira:made:7", value="APP-7"),
                Evidence(fact="discovery", ref="jira:made:8", at=at("2026-06-05"), value="APP-8"),
            ),
        ),
    )
    assert in_words(RULE, facts) == Text(
        title="PAY-1 “Item 1” is being built without a discovery before.",
        why="3 items of building in progress since 1 June, first APP-2; APP-7 and APP-8 were not delivered before.",
        question="What do we know of the need for PAY-1, and where could others read it?",
        clears_when="Clears when a discovery delivered before is linked to PAY-1, or nothing of it is in progress.",
    )


def test_the_words_without_any_discovery_or_beginning() -> None:
    facts = epic(begun(2, started=None))
    assert judged(RULE, facts).findings[0].since is None
    assert in_words(RULE, facts).why == "1 item of building in progress, first APP-2; no discovery is linked to it."
    late = epic(begun(2, started=None), discovery(status_category=TODO))
    assert in_words(RULE, late).why == "1 item of building in progress, first APP-2; APP-9 was not delivered before."
    long = epic(begun(2), ref="asana:1", title="More buyers pay by card than by bill")
    assert in_words(RULE, long).title == "“More buyers pay by card…” is being built without a discovery before."


def test_its_conditions_in_words() -> None:
    built = Condition("APP-1 has 1 child; 1 item of building in progress, 1 is needed.", holds=True)
    assert asked(RULE, epic(begun(2)), REF) == (
        Condition("APP-1 is of type epic; an epic is asked.", holds=True),
        Condition("APP-1 is to do; it has to be open, and in sight.", holds=True),
        built,
        Condition(
            "Of 0 discoveries 0 were delivered by 2026-06-01 and 0 are out of sight; 0 of both are needed.", holds=True
        ),
    )
    two = (discovery(), discovery(8, status_category=TODO, visible=False))
    assert asked(RULE, epic(begun(2), linked=two), REF)[3] == Condition(
        "Of 2 discoveries 1 were delivered by 2026-06-01 and 1 are out of sight; 0 of both are needed.", holds=False
    )
    assert asked(RULE, epic(begun(2, started=None), linked=two[1:]), REF)[3] == Condition(
        "Of 1 discovery 0 were delivered by 2026-06-15 and 1 are out of sight; 0 of both are needed.", holds=False
    )
    assert asked(RULE, epic(item(2), item(3)), REF)[2:] == (
        Condition("APP-1 has 2 children; 0 items of building in progress, 1 is needed.", holds=False),
    )
    assert asked(RULE, epic(begun(2)), "x") == (
        Condition("Nothing is known here of x, but of jira:made:1.", holds=False),
    )
