"""What `leeway init` finds by itself: which fields, link types and statuses of a site mean what."""

from typing import Any

import pytest

from schemas.work_items import StatusCategory, Tracker
from services.connectors.catalogue import FieldFound, LinkTypeFound, SiteCatalogue, StatusFound
from services.connectors.guessing import busy_sections, dependencies_among, guess, unsaid_statuses

TYPE = "com.atlassian.jira.plugin.system.customfieldtypes"
HIRE = "com.pyxis.greenhopper.jira"


def jira_guess(fields: list[FieldFound], *held: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    found = guess(Tracker.JIRA, SiteCatalogue(fields=tuple(fields)), [{"fields": one} for one in held])
    return {name: tuple(chosen.id for chosen in fields) for name, fields in found.fields.items() if fields}


def asana_guess(fields: list[FieldFound], *held: dict[str, str]) -> dict[str, tuple[str, ...]]:
    raws = [{"custom_fields": [{"gid": gid, "display_value": value} for gid, value in one.items()]} for one in held]
    found = guess(Tracker.ASANA, SiteCatalogue(fields=tuple(fields)), raws)
    return {name: tuple(chosen.id for chosen in fields) for name, fields in found.fields.items() if fields}


@pytest.mark.parametrize(
    ("meaning", "one"),
    [
        ("start", FieldFound("f", "Start date", f"{TYPE}:datepicker")),
        ("start", FieldFound("f", "Beginn geplant", "com.atlassian.jpo:jpo-custom-field-baseline-start")),
        ("estimate", FieldFound("f", "Story Points", f"{TYPE}:float")),
        ("estimate", FieldFound("f", "Schätzung", f"{HIRE}:jsw-story-points")),
        ("flagged", FieldFound("f", "Flagged", f"{TYPE}:multicheckboxes")),
        ("team", FieldFound("f", "Équipe", f"{TYPE}:atlassian-team")),
        ("team", FieldFound("f", "Squad", f"{TYPE}:select")),
        ("epic_link", FieldFound("f", "Lien d'epic", f"{HIRE}:gh-epic-link")),
    ],
)
def test_a_field_of_jira_is_known_by_its_schema_or_its_name(meaning: str, one: FieldFound) -> None:
    other = FieldFound("o", "Customer", f"{TYPE}:textfield")
    assert jira_guess([other, one]) == {meaning: ("f",)}


@pytest.mark.parametrize(
    "one",
    [
        FieldFound("f", "Start date", f"{TYPE}:textarea"),
        FieldFound("f", "Story Points", f"{TYPE}:select"),
        FieldFound("f", "Team lead", f"{TYPE}:userpicker"),
        FieldFound("f", "Epic Link", f"{TYPE}:url"),
        FieldFound("f", "End date", f"{TYPE}:datepicker"),
    ],
    ids=lambda one: one.name,
)
def test_a_field_that_only_looks_alike_is_left_alone(one: FieldFound) -> None:
    assert jira_guess([one], {"f": "x"}) == {}


def test_of_two_estimates_the_one_that_is_filled_in_is_taken_and_both_if_both_are() -> None:
    classic = FieldFound("classic", "Story Points", f"{TYPE}:float")
    modern = FieldFound("modern", "Story point estimate", f"{HIRE}:jsw-story-points")
    assert jira_guess([classic, modern], {"modern": 3.0, "classic": None}) == {"estimate": ("modern",)}
    assert jira_guess([classic, modern], {"modern": 3.0}, {"classic": 5.0}) == {"estimate": ("classic", "modern")}
    assert jira_guess([classic, modern]) == {"estimate": ("classic", "modern")}


def test_a_flag_is_known_by_what_it_holds_whatever_it_is_called() -> None:
    field = FieldFound("f", "Störung", f"{TYPE}:multicheckboxes")
    assert jira_guess([field], {"f": [{"id": "1", "value": "Impediment"}]}) == {"flagged": ("f",)}
    assert jira_guess([field], {"f": [{"id": "1", "value": "Other"}]}) == {}


@pytest.mark.parametrize(
    ("one", "meaning"),
    [
        (FieldFound("7", "Story points", "number"), "estimate"),
        (FieldFound("7", "Squad", "enum", ("A", "B")), "team"),
        (FieldFound("7", "Blocked", "enum", ("By another team", "By a customer")), "flagged"),
        (FieldFound("7", "Blocked", "enum", ("Yes", "No")), None),
        (FieldFound("7", "Story points", "text"), None),
    ],
)
def test_a_field_of_asana_is_known_by_its_name_and_kind(one: FieldFound, meaning: str | None) -> None:
    assert asana_guess([one], {"7": "3"}) == ({meaning: ("7",)} if meaning else {})


def test_how_many_items_fill_a_field_in_is_told() -> None:
    fields = (FieldFound("7", "Estimate", "number"),)
    raws = [{"custom_fields": [{"gid": "7", "display_value": value}]} for value in ("3", None, "5")]
    found = guess(Tracker.ASANA, SiteCatalogue(fields=fields), raws)
    assert (found.fields["estimate"][0].filled, found.sampled) == (2, 3)
    assert found.reading.estimate == ("7",)


@pytest.mark.parametrize(
    ("inward", "outward", "end"),
    [
        ("is blocked by", "blocks", "blocker"),
        ("blocks", "is blocked by", "dependent"),
        ("is depended on by", "depends on", "dependent"),
        ("Depends On", "Is Depended On By", "blocker"),
        ("wird blockiert von", "blockiert", "blocker"),
        ("has to be done after", "has to be done before", "blocker"),
        ("is blocked by", "stops", "blocker"),
        ("is needed by", "leans on", "dependent"),
        ("relates to", "relates to", None),
        ("is cloned by", "clones", None),
        ("is duplicated by", "duplicates", None),
        ("is caused by", "causes", None),
    ],
)
def test_a_link_type_is_a_dependency_by_what_its_sides_read(inward: str, outward: str, end: str | None) -> None:
    found = dependencies_among([LinkTypeFound("10", "Any", inward, outward)])
    assert [(one.type, one.outward_is) for one in found] == ([("10", end)] if end else [])


def test_sections_that_mean_work_are_told_from_those_that_wait() -> None:
    names = ("Backlog", "In progress", "In review", "Doing", "In backlog", "Review queue", "QA", "Done", "In progress")
    assert busy_sections(names) == ("In progress", "In review", "Doing", "QA")


def test_a_status_that_the_site_puts_nowhere_is_put_by_its_name_and_others_are_left_to_the_site() -> None:
    statuses = [
        StatusFound("1", "In Review"),
        StatusFound("2", "Closed"),
        StatusFound("3", "Triage"),
        StatusFound("4", "Closed", StatusCategory.TODO),
    ]
    assert unsaid_statuses(statuses) == {
        "1": StatusCategory.IN_PROGRESS,
        "2": StatusCategory.DONE,
        "3": StatusCategory.TODO,
    }


def test_items_of_any_shape_are_no_trouble() -> None:
    fields = SiteCatalogue(fields=(FieldFound("7", "Estimate", "number"),))
    junk: list[Any] = [{}, {"fields": 3, "custom_fields": "x"}, {"custom_fields": [None, {"gid": {}}]}]
    for tracker in Tracker:
        assert guess(tracker, fields, junk).fields["estimate"][0].filled == 0
