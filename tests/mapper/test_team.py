"""The team: the best selector of `owns`, else the project's key in lower case, else its name as an identifier.

The category: the best selector of its `work`, else none.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.strategy import CapacityCategory, Team
from schemas.work_items import Project
from services.mapper.team import CategoryIndex, TeamChoice, TeamIndex, project_team
from tests.builders import work_item

TEAMS = tuple(
    Team.model_validate(team)
    for team in (
        {"id": "apps", "owns": [{"project": "APP"}]},
        {"id": "ios", "owns": [{"project": "APP", "component": ["iOS", "Watch"]}]},
        {"id": "late", "owns": [{"project": "APP", "label": "x"}]},
    )
)


def test_most_fields_then_the_first_in_the_file() -> None:
    index = TeamIndex(TEAMS)
    assert index.choose(work_item(1)) == TeamChoice("apps", "{project: APP}")
    both = index.choose(work_item(1, components=("Watch",), labels=("x",)))
    assert both == TeamChoice("ios", "{project: APP, component: [iOS, Watch]}")


def test_without_an_owner_it_is_the_project_s_key_in_lower_case() -> None:
    assert TeamIndex(TEAMS).choose(work_item(1, project="WEB")) == TeamChoice("web", None)


@pytest.mark.parametrize(
    ("project", "team"),
    [
        (Project(id="1", key="TIMOB", name="Titanium"), "timob"),
        (Project(id="1", key="A_B_", name="x"), "a_b_"),
        (Project(id="1", name="Self-serve onboarding"), "self-serve-onboarding"),
        (Project(id="1", name="  Über & Café!  "), "uber-cafe"),
        (Project(id="12", name="支払い"), "project-12"),
    ],
)
def test_the_name_of_a_project_becomes_an_identifier(project: Project, team: str) -> None:
    assert project_team(project) == team


@given(st.builds(Project, id=st.text(), key=st.none() | st.text(), name=st.text()))
def test_whatever_a_project_is_called_its_team_is_an_identifier(project: Project) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", project_team(project))


def test_the_category_is_that_of_the_selector_with_most_fields_then_the_first_in_the_file() -> None:
    index = CategoryIndex(
        tuple(
            CapacityCategory.model_validate(category | {"share": [0, 1]})
            for category in (
                {"id": "run", "work": [{"project": "APP"}, {"label": "ops"}]},
                {"id": "grow", "work": [{"label": "new"}, {"project": "APP", "label": "x"}]},
            )
        )
    )
    labels = ((), ("new",), ("x",), ("new", "x"))
    assert [index.choose(work_item(1, labels=some)) for some in labels] == ["run", "run", "grow", "grow"]
    assert index.choose(work_item(1, project="WEB", labels=("new",))) == "grow"
    assert index.choose(work_item(1, project="WEB")) is None
