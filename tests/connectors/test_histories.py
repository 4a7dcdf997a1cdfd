"""Whatever people do: what the changes of an item say, one after the other, ends at how the item stands now."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from schemas.work_items import ChangeAspect, StatusCategory, Tracker, WorkItemChange
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.pages import MAPPERS
from services.connectors.times import by
from services.sandbox.jira.catalogue import POINTS
from tests.connectors.chains import SINGLE, chain_of, value_of
from tests.sandbox.test_people import World

OPTIONS = MappingOptions(estimate_fields=frozenset({POINTS, "Effort"}))
SEEDS = (1, 2, 3)
ACTS = 2_000
ENOUGH = 10


@cache
def items(tracker: Tracker, seed: int) -> tuple[dict[str, Any], ...]:
    """Return the items of a company in which people did so many things."""
    world = World(seed)
    for _ in range(ACTS):
        world.people.act()
    jira, asana = world.everything()
    return tuple((jira if tracker is Tracker.JIRA else asana).values())


def mapped(tracker: Tracker, seed: int) -> Iterator[Mapped]:
    for raw in items(tracker, seed):
        outcome = MAPPERS[tracker](raw, "site", None, OPTIONS)
        assert isinstance(outcome, Mapped), outcome
        yield outcome


def in_order(changes: tuple[WorkItemChange, ...]) -> bool:
    told = [change.at for change in changes if change.aspect]
    return told == sorted(told)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("tracker", Tracker)
def test_each_change_begins_where_the_one_before_ended_and_the_last_ends_at_the_present(
    tracker: Tracker, seed: int
) -> None:
    seen: Counter[ChangeAspect] = Counter()
    for one in mapped(tracker, seed):
        assert in_order(one.changes)
        for aspect in SINGLE:
            if (chain := chain_of(one.changes, aspect)) is not None:
                seen[aspect] += 1
                assert chain.whole, (one.item.ref, aspect, chain.values)
                assert chain.values[-1] == value_of(one.item, aspect), (one.item.ref, aspect, chain.values)
    without_stories = {ChangeAspect.START}  # nobody in the company moves one
    assert {aspect for aspect in SINGLE if seen[aspect] < ENOUGH} == without_stories


@pytest.mark.parametrize("tracker", Tracker)
def test_links_that_came_and_did_not_go_are_there(tracker: Tracker) -> None:
    told = 0
    for one in mapped(tracker, 1):
        links: set[str] = set()
        for change in one.changes:
            if change.aspect is ChangeAspect.LINK and (change.was or change.becomes):
                links = links | {change.becomes} if change.becomes else links - {change.was or ""}
                told += 1
        assert links <= {link.ref for link in one.item.links}
    assert told > ENOUGH


@pytest.mark.parametrize("tracker", Tracker)
def test_as_of_each_of_its_changes_an_item_stands_as_the_change_says(tracker: Tracker) -> None:
    """The same history, read from the present back and from the beginning on."""
    looked = 0
    for raw in items(tracker, 1)[::5]:
        now = MAPPERS[tracker](raw, "site", None, OPTIONS)
        assert isinstance(now, Mapped)
        for change in now.changes:
            if change.aspect is not ChangeAspect.STATUS or any(
                other.at == change.at for other in now.changes if other is not change and other.aspect is change.aspect
            ):
                continue
            then = MAPPERS[tracker](raw, "site", change.at, OPTIONS)
            assert isinstance(then, Mapped)
            assert then.item.status_category.value == change.becomes, (now.item.ref, change)
            assert all(by(each.at, change.at) for each in then.changes)
            is_busy = then.item.status_category is StatusCategory.IN_PROGRESS
            assert not is_busy or then.item.started == change.at, (now.item.ref, change)
            looked += 1
    assert looked > ENOUGH
