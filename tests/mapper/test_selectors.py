"""Selectors: a conjunction, exact, a list means any; the one with most fields wins, then the first in the file."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.strategy import Selector
from schemas.work_items import ItemType, Project, WorkItem
from services.mapper.selectors import SelectorIndex, conditions_of, describe, entries, site_of, values_of
from tests.builders import fix_version, ref_of, work_item

ITEM = work_item(
    7,
    project="GROW",
    type=ItemType.STORY,
    type_name="User Story",
    epic=ref_of(120),
    epic_key="GROW-120",
    parent=ref_of(5),
    parent_key="GROW-5",
    other_projects=(Project(id="b", name="Side board"),),
    sections=("Doing",),
    labels=("ktlo", "web-launch"),
    components=("iOS", "Android"),
    fix_versions=(fix_version("Release 5.2.0"),),
    custom_fields={"Theme": "Trust", "Regions": ("EU", "US")},
)


def matching(item: WorkItem, *selectors: dict[str, Any]) -> list[int]:
    """Return the places of the selectors that match, the winner first."""
    given_selectors = [("o", Selector.model_validate(selector)) for selector in selectors]
    return [entry.position for entry in SelectorIndex(entries(given_selectors)).matches(item)]


@pytest.mark.parametrize(
    "selector",
    [
        {"tracker": "jira"},
        {"tracker": ["asana", "jira"]},
        {"site": "archive"},
        {"project": "GROW"},
        {"project": "Grow"},
        {"project": "Side board"},
        {"epic": "GROW-120"},
        {"epic": "GROW-7"},
        {"parent": "GROW-5"},
        {"component": "Android"},
        {"component": ["Windows", "iOS"]},
        {"label": "web-launch"},
        {"tag": "ktlo"},
        {"fix_version": ["Release 9", "Release 5.2.0"]},
        {"type": "User Story"},
        {"section": "Doing"},
        {"field": {"name": "Theme", "value": "Trust"}},
        {"field": {"name": "Regions", "value": ["APAC", "US"]}},
        {"tracker": "jira", "project": "GROW", "component": "iOS", "label": "ktlo"},
    ],
)
def test_it_matches_what_the_item_shows(selector: dict[str, Any]) -> None:
    assert matching(ITEM, selector) == [0]


@pytest.mark.parametrize(
    "selector",
    [
        {"tracker": "asana"},
        {"site": "jira"},
        {"project": "grow"},
        {"project": "GRO"},
        {"epic": "grow-120"},
        {"epic": "GROW-5"},
        {"parent": "GROW-120"},
        {"component": "ios"},
        {"label": "web"},
        {"fix_version": "Release 5.2"},
        {"type": "story"},
        {"type": "Story"},
        {"section": "doing"},
        {"field": {"name": "theme", "value": "Trust"}},
        {"field": {"name": "Theme", "value": "EU"}},
        {"project": "GROW", "component": "Windows"},
        {"project": []},
        {"project": None},
    ],
)
def test_it_compares_exactly_and_asks_for_every_field(selector: dict[str, Any]) -> None:
    assert matching(ITEM, selector) == []


def test_most_fields_win_then_the_first_in_the_file() -> None:
    assert matching(
        ITEM,
        {"component": ["iOS", "Android", "Windows"]},
        {"project": "GROW", "component": "iOS"},
        {"tracker": "jira", "label": "ktlo"},
        {"label": "none"},
    ) == [1, 2, 0]


def test_a_field_set_to_nothing_does_not_count() -> None:
    selector = Selector.model_validate({"project": "GROW", "label": None})
    assert len(conditions_of(selector)) == 1
    assert describe(selector) == "{project: GROW}"


def test_it_is_described_as_it_could_stand_in_the_file() -> None:
    selector = {"field": {"name": "A", "value": ["b", "c"]}, "component": ["X", "Y Z"], "tracker": "jira"}
    assert describe(Selector.model_validate(selector)) == (
        "{tracker: jira, component: [X, Y Z], field: {name: A, value: [b, c]}}"
    )


def test_a_custom_field_is_never_taken_for_one_of_ours() -> None:
    item = work_item(1, custom_fields={"project": "X", "label": "Y"})
    assert matching(item, {"project": "X"}, {"label": "Y"}, {"field": {"name": "label", "value": "Y"}}) == [2]


WORDS = st.sampled_from(["a", "b", "c"])
TEXTS = WORDS | st.lists(WORDS, min_size=1, max_size=3).map(tuple)
SELECTORS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("project", "label", "component", "section", "type", "parent"), TEXTS)
).filter(bool)


@given(
    st.lists(SELECTORS, max_size=8),
    st.fixed_dictionaries({name: st.sets(WORDS).map(tuple) for name in ("labels", "components", "sections")}),
    WORDS,
)
def test_the_index_finds_what_asking_each_selector_finds(
    selectors: list[dict[str, Any]], lists: dict[str, Any], word: str
) -> None:
    item = work_item(1, type_name=word, parent_key=word, project=word, **lists)
    found = entries(("o", Selector.model_validate(selector)) for selector in selectors)
    one_by_one = [e for e in found if all(values & set(values_of(item, name)) for name, values in e.conditions)]
    assert matching(item, *selectors) == [e.position for e in sorted(one_by_one, key=lambda e: (-e.fields, e.position))]


def test_the_site_is_what_stands_after_the_tracker_whatever_the_id_holds() -> None:
    assert site_of("jira:archive:7") == site_of("jira:archive:a:b") == "archive"


def test_an_item_without_an_epic_shows_its_own_key_and_without_a_parent_nothing() -> None:
    alone = work_item(1)
    assert (values_of(alone, "epic"), values_of(alone, "parent")) == ((alone.key,), ())
