"""How an item stood: all that the rules may ask of it by itself, without what stands around it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schemas.aligned_items import Alignment, ItemAligned
from schemas.work_items import WorkItem, WorkItemChange
from services.detector.facts import ItemFacts
from services.detector.rows import facts_of
from services.detector.timeline import PastChange
from services.mapper.alignment import Node, node_of
from services.mapper.claims import CompiledStrategy

Pair = tuple[str, str]
"""Blocker and dependent."""


@dataclass(frozen=True, slots=True)
class State:
    """An item between two of its changes.

    `facts` are without the objective and with its own touch only; `waits` are the pairs that it tells, with when each
    was made if known; `told` is what a rule may rest on of its past, oldest first.
    """

    facts: ItemFacts
    node: Node
    category: str | None
    waits: tuple[tuple[Pair, datetime | None], ...]
    links: tuple[str, ...]
    told: tuple[PastChange, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What a day brings of an item: a new state; or only a later touch of its own; or neither, and it is gone."""

    ref: str
    state: State | None = None
    touched: datetime | None = None


def state_of(item: WorkItem, changes: Iterable[WorkItemChange], strategy: CompiledStrategy) -> State:
    """Return the state of a mapped item by this strategy's teams and selectors."""
    alone = ItemAligned.model_construct(
        item=item,
        revision=0,
        source_revision=0,
        team=strategy.team(item).team,
        alignment=_NOT_YET,
        strategy_version=strategy.version,
    )
    return State(
        facts=facts_of(alone),
        node=node_of(item, strategy.claim(item)),
        category=strategy.category(item),
        waits=tuple(((one.blocker, one.dependent), one.made) for one in item.dependencies),
        links=tuple(dict.fromkeys(link.ref for link in item.links)),
        told=_told(changes),
    )


def _told(changes: Iterable[WorkItemChange]) -> tuple[PastChange, ...]:
    in_order = sorted(changes, key=lambda one: (one.at, len(one.change_id), one.change_id))
    return tuple(PastChange(one.aspect, one.was, one.becomes, one.at) for one in in_order if one.aspect is not None)


_NOT_YET = Alignment()
"""What an item serves depends on those around it, and is found once they are there."""
