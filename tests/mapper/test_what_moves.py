"""Each way in which a new strategy can move an item is found in the tables."""

from typing import Any

import pytest

from schemas.work_items import Project, WorkItem
from services.mapper.claims import CompiledStrategy
from tests.builders import fix_version, ref_of, work_item
from tests.mapper.harness import Mappers
from tests.mapper.strategies import Json, objective, strategy
from tests.mapper.test_mapped_anew import check_ended

NOBODY = strategy()
MANY = tuple(f"other {number}" for number in range(40))
"""More than are looked for as words."""

SHOWN: list[tuple[Json, Json]] = [
    ({"epic_key": "E-1"}, {"epic": "E-1"}),
    ({"key": "E-1"}, {"epic": "E-1"}),
    ({"parent_key": "P-1"}, {"parent": "P-1"}),
    ({"fix_versions": (fix_version("1.0"),)}, {"fix_version": "1.0"}),
    ({"labels": ("x",)}, {"label": "x"}),
    ({"labels": ("x",)}, {"tag": "x"}),
    ({"labels": ('"x" \\ é',)}, {"label": '"x" \\ é'}),
    ({"labels": ("x",), "title": "\x00"}, {"label": "x"}),
    ({"sections": ("x",)}, {"section": "x"}),
    ({"components": ("x",)}, {"component": "x"}),
    ({"type_name": "Bug"}, {"type": "Bug"}),
    ({}, {"project": "APP"}),
    ({}, {"project": "App"}),
    ({"other_projects": (Project(id="9", key="W", name="Web"),)}, {"project": "W"}),
    ({"other_projects": (Project(id="9", key="W", name="Web"),)}, {"project": "Web"}),
    ({}, {"site": "archive"}),
    ({}, {"tracker": "jira"}),
    ({"custom_fields": {"it's": "x"}}, {"field": {"name": "it's", "value": "x"}}),
    ({"custom_fields": {"it's": ("w", "x")}}, {"field": {"name": "it's", "value": "x"}}),
    ({"labels": ("x",), "type_name": "Bug"}, {"label": ["w", "x"], "type": "Bug"}),
]


async def moved(mappers: Mappers, before: Any, after: Any, *items: WorkItem) -> None:
    await mappers.apply(before)
    await mappers.take(*items)
    await mappers.apply(after)
    await mappers.first.work()
    await check_ended(mappers, CompiledStrategy(0, after), {item.ref: item for item in items})


@pytest.mark.parametrize("more", [(), MANY])
@pytest.mark.parametrize(("fields", "selector"), SHOWN)
async def test_by_what_an_item_shows(mappers: Mappers, fields: Json, selector: Json, more: tuple[str, ...]) -> None:
    key = fields.get("key", "APP-1")
    item = work_item(1, **{name: value for name, value in fields.items() if name != "key"})
    others = ({"label": name} for name in more)
    plan = strategy(objective("grow", selector, *others))
    await moved(mappers, NOBODY, plan, item.model_copy(update={"key": key}))
    assert mappers.published()[-1].alignment.objective == "grow"


@pytest.mark.parametrize("fields", [{"labels": ("objective:new",)}, {"custom_fields": {"goal": ["objective:new"]}}])
@pytest.mark.parametrize("selectors", [(), ({"label": "nobody has it"},)])
async def test_by_an_objective_that_it_names_itself(
    mappers: Mappers, fields: Json, selectors: tuple[Json, ...]
) -> None:
    await moved(mappers, NOBODY, strategy(objective("new", *selectors)), work_item(1, **fields))
    assert mappers.published()[-1].alignment.objective == "new"


async def test_by_the_places_in_the_file_that_its_ties_tell(mappers: Mappers) -> None:
    two = objective("a", {"label": "x"}), objective("b", {"label": "y"})
    await moved(
        mappers, strategy(*two), strategy(objective("c", {"label": "z"}), *two), work_item(1, labels=("x", "y"))
    )
    assert [tie.position for tie in mappers.published()[-1].alignment.ties] == [2]


async def test_with_what_it_hangs_below_by_ref_or_by_key(mappers: Mappers) -> None:
    epic = work_item(1, labels=("x",))
    below = work_item(2, epic_key="APP-1"), work_item(3, parent=ref_of(1)), work_item(4, parent_key="APP-2")
    await moved(mappers, NOBODY, strategy(objective("grow", {"label": "x"})), *below, epic)
    assert {one.alignment.objective for one in mappers.known().values()} == {"grow"}
