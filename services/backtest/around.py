"""An item with all around it, from the world as it is now."""

from collections.abc import Iterable, Iterator

from schemas.work_items import ItemType, StatusCategory
from services.backtest.world import World
from services.detector.differing import differences
from services.detector.facts import (
    EPIC_CHILDREN,
    DependencyFacts,
    EpicFacts,
    ItemFacts,
    ItemNeighbourhood,
    PaceFacts,
    TwinFacts,
)
from services.detector.marking import is_marked
from services.detector.rules.registry import is_watched
from services.detector.timeline import due_moves


def neighbourhood(world: World, ref: str, pace: PaceFacts) -> ItemNeighbourhood:
    """Return a known item's neighbourhood; `pace` is its team's."""
    item, waits = world.members[ref].facts, world.waits
    blockers = waits.blockers.get(ref)
    dependents = waits.dependents.get(ref)
    return ItemNeighbourhood(
        item=item,
        blockers=tuple(_known(world, blockers)) if blockers else (),
        waiting=tuple(DependencyFacts(other, waits.made(ref, other.ref)) for other in _known(world, dependents))
        if dependents
        else (),
        twins=tuple(_twins(world, item)),
        due_moves=due_moves(world.members[ref].told),
        pace=pace,
        epic=_epic(world, item) if item.type is ItemType.EPIC else None,
    )


def can_be_found(world: World, ref: str) -> bool:
    """Tell whether any rule could say anything of a known item."""
    return is_watched(world.members[ref].facts) or world.waits.has_any(ref) or bool(world.family.twins_of(ref))


def _known(world: World, refs: Iterable[str]) -> Iterator[ItemFacts]:
    members = world.members
    return (members[ref].facts for ref in sorted(refs) if ref in members)


def _twins(world: World, item: ItemFacts) -> Iterator[TwinFacts]:
    told = world.members[item.ref].told
    for ref in world.family.twins_of(item.ref):
        other = world.members[ref]
        yield TwinFacts(other.facts, tuple(differences(item, other.facts, told, other.told)))


def _epic(world: World, epic: ItemFacts) -> EpicFacts:
    below = {*world.children.get(epic.ref, ()), *world.in_epic.get(epic.ref, ())} - {epic.ref}
    children = [item for item in _known(world, below) if item.is_open or item.is_done]
    far = set(world.states[epic.ref].links) - {epic.ref}
    return EpicFacts(tuple(sorted(children, key=_rank)[:EPIC_CHILDREN]), tuple(_known(world, far)))


def _rank(item: ItemFacts) -> tuple[int, str]:
    if item.status_category is StatusCategory.IN_PROGRESS:
        return 0, item.ref
    return (1 if item.is_done and is_marked(item) else 2), item.ref
