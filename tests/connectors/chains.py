"""What changes say of an item, read one after the other: the value of each aspect from its first change to its last."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from schemas.work_items import ChangeAspect, WorkItem, WorkItemChange
from services.connectors.meanings import number_text

SINGLE: Final = tuple(aspect for aspect in ChangeAspect if aspect not in (ChangeAspect.LINK, ChangeAspect.OBJECTIVE))
"""The aspects of which an item has one value at a time."""


@dataclass(frozen=True)
class Chain:
    """How an aspect went. It is whole where each change begins where the one before has ended."""

    values: tuple[str | None, ...]
    whole: bool


def chain_of(changes: Iterable[WorkItemChange], aspect: ChangeAspect) -> Chain | None:
    """Return how an aspect went, or none where no change tells of it."""
    told = [change for change in changes if change.aspect is aspect]
    if not told:
        return None
    whole = all(one.becomes == after.was for one, after in pairwise(told))
    return Chain((told[0].was, *(one.becomes for one in told)), whole)


def value_of(item: WorkItem, aspect: ChangeAspect) -> str | None:
    """Return how an item stands, in the words of a change."""
    values = {
        ChangeAspect.STATUS: item.status_category.value,
        ChangeAspect.DUE: item.due.isoformat() if item.due else None,
        ChangeAspect.START: item.start.isoformat() if item.start else None,
        ChangeAspect.ASSIGNEE: item.assignee.name if item.assignee else None,
        ChangeAspect.ESTIMATE: number_text(item.estimate),
        ChangeAspect.PARENT: item.parent or item.epic,
    }
    return values[aspect]
