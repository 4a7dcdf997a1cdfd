"""What is counted of each objective, kept up to date item by item."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.work_items import ChangeAspect, ItemType, StatusCategory
from services.backtest.ordered import Ordered
from services.detector.context import Context, ObjectiveContext
from services.detector.facts import Forecast, ItemFacts, ObjectiveFacts
from services.detector.rules.scope_growth import cancelled_resolutions, is_cancelled
from services.detector.timeline import PastChange, of_aspect

_NO_LEAF: Final = (ItemType.EPIC, ItemType.INITIATIVE)
_MOVES: Final = timedelta(days=28)
_RANKS: Final = tuple(category.value for category in StatusCategory)


@dataclass(frozen=True, slots=True)
class Member:
    """An item where it stands: `is_parent` tells whether a known item names it as its parent."""

    facts: ItemFacts
    is_parent: bool = False
    told: tuple[PastChange, ...] = ()
    category: str | None = None

    @property
    def is_leaf(self) -> bool:
        """Tell whether it is work itself, and no name for the work of others."""
        kind = self.facts.type
        return kind is ItemType.SUBTASK or (kind not in _NO_LEAF and not self.is_parent)

    @property
    def moves(self) -> list[PastChange]:
        """Return the changes of its status category that were told, oldest first."""
        return of_aspect(self.told, ChangeAspect.STATUS) if self.told else []


class ObjectiveNumbers:
    """One objective's items. One that the strategy does not name has no leaves, for want of a day."""

    def __init__(self, known: ObjectiveContext | None, cancelled: Collection[str]) -> None:
        self.delivered = Ordered()
        self.members: dict[str, Member] = {}
        self._known = known
        self._cancelled = frozenset(cancelled)
        self._items = self._in_progress = self._hidden = self._base = self._added = 0
        self._touches = Ordered()
        self._open = Ordered()
        self._moved = Ordered()
        self._left = Ordered()

    def add(self, member: Member) -> None:
        """Count an item in."""
        self.members[member.facts.ref] = member
        self._count(member, 1)
        for index, at in self._instants(member):
            index.add(at, member.facts.ref)

    def take(self, member: Member) -> None:
        """Count an item out, as it was counted in."""
        del self.members[member.facts.ref]
        self._count(member, -1)
        for index, at in self._instants(member):
            index.take(at, member.facts.ref)

    @property
    def has_open(self) -> bool:
        """Whether any of its items is open."""
        return bool(len(self._open))

    def is_delivered(self, item: ItemFacts) -> bool:
        """Tell whether an item is done with a resolution that means success."""
        has_ended = item.resolution is not None or item.resolution_name is not None
        return item.is_done and has_ended and not is_cancelled(item, self._cancelled)

    def facts(self, objective: str, now: datetime, forecast: Forecast | None = None) -> ObjectiveFacts:
        """Return the objective's facts as of `now`."""
        moves = [self._since(self.members[ref], now) for _, ref in self._moved.since(now - _MOVES)]
        return ObjectiveFacts(
            objective=objective,
            open_items=len(self._open),
            last_touch=self._touches.last,
            leaves_base=self._base,
            leaves_added=self._added,
            items=self._items,
            in_progress=self._in_progress,
            progress_ended=self._left.last,
            open_from=None if self._in_progress else self._open.first,
            moved_on=sum(any(_step(move) > 0 for move in told) for told in moves),
            went_back=sum(any(_step(move) < 0 for move in told) for told in moves),
            moves_lapse=min((move.at + _MOVES for told in moves for move in told), default=None),
            hidden=self._hidden,
            forecast=forecast,
        )

    def _instants(self, member: Member) -> Iterator[tuple[Ordered, datetime]]:
        """Give what of the item is kept in order, and where."""
        item = member.facts
        if not item.visible:
            return
        yield self._touches, item.touched
        if item.is_open:
            yield self._open, _opened(member)
        if item.done is not None and self.is_delivered(item):
            yield self.delivered, item.done
        moves = member.moves
        if moves:
            yield self._moved, moves[-1].at
            left = [move.at for move in moves if move.was == StatusCategory.IN_PROGRESS.value]
            if left:
                yield self._left, left[-1]

    @staticmethod
    def _since(member: Member, now: datetime) -> list[PastChange]:
        return [move for move in member.moves if now - move.at < _MOVES and _step(move)]

    def _count(self, member: Member, one: int) -> None:
        item = member.facts
        if not item.visible:
            self._hidden += one * (item.is_missing and not item.is_done)
            return
        self._items += one
        self._in_progress += one * (item.status_category is StatusCategory.IN_PROGRESS)
        if self._known is None or not member.is_leaf or is_cancelled(item, self._cancelled):
            return
        if item.created >= self._known.baseline:
            self._added += one
        elif (item.done is None or item.done >= self._known.baseline) and not _was_done(member, self._known.baseline):
            self._base += one


def _opened(member: Member) -> datetime:
    """Return when an open item came, or was last taken up again."""
    again = [move.at for move in member.moves if move.was == StatusCategory.DONE.value]
    return max([member.facts.created, *again])


def _was_done(member: Member, at: datetime) -> bool:
    """Tell whether the item is told to have been done right before this moment, and taken up again since."""
    return next((move.was for move in member.moves if move.at >= at), None) == StatusCategory.DONE.value


def _step(move: PastChange) -> int:
    """Return how far a move led on, below 0 where it led back; 0 where nobody told from where or to where."""
    if move.was is None or move.becomes is None:
        return 0
    return _RANKS.index(move.becomes) - _RANKS.index(move.was)


class Objectives(defaultdict[str, ObjectiveNumbers]):
    """All objectives that the strategy names or that ever had an item, by id."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context

    def __missing__(self, objective: str) -> ObjectiveNumbers:
        cancelled = cancelled_resolutions(self._context, objective)
        made = self[objective] = ObjectiveNumbers(self._context.objective(objective), cancelled)
        return made

    def move(self, before: Member | None, after: Member | None) -> None:
        """Count an item where it belongs now."""
        if before is not None and before.facts.objective is not None:
            self[before.facts.objective].take(before)
        if after is not None and after.facts.objective is not None:
            self[after.facts.objective].add(after)
