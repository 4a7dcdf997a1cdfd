"""Who waits for whom: the dependencies that known items tell, by pair, once however many tell it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from services.backtest.states import Pair


class Waits:
    """All dependencies at one moment; `blockers` and `dependents` are refs, of unknown ends too."""

    def __init__(self) -> None:
        self.blockers: defaultdict[str, set[str]] = defaultdict(set)
        self.dependents: defaultdict[str, set[str]] = defaultdict(set)
        self._told: defaultdict[Pair, dict[str, datetime | None]] = defaultdict(dict)
        self._told_by: dict[str, tuple[tuple[Pair, datetime | None], ...]] = {}

    def replace(self, teller: str, waits: tuple[tuple[Pair, datetime | None], ...]) -> set[str]:
        """Let an item tell these and no others; return the far and near ends of all that is different now."""
        before = self._told_by.get(teller, ())
        if waits == before:
            return set()
        for pair, _ in before:
            self._untell(teller, pair)
        for pair, made in waits:
            self._told[pair][teller] = made
            self.blockers[pair[1]].add(pair[0])
            self.dependents[pair[0]].add(pair[1])
        self._told_by[teller] = waits
        return {end for pair, _ in {*before} ^ {*waits} for end in pair}

    def made(self, blocker: str, dependent: str) -> datetime | None:
        """Return when this dependency was made, as far as anybody tells: the earliest."""
        return min(_known(self._told[blocker, dependent].values()), default=None)

    def has_any(self, ref: str) -> bool:
        """Tell whether anybody waits for this item, or it for anybody."""
        return bool(self.blockers.get(ref) or self.dependents.get(ref))

    def _untell(self, teller: str, pair: Pair) -> None:
        told = self._told[pair]
        told.pop(teller, None)
        if not told:
            del self._told[pair]
            self.blockers[pair[1]].discard(pair[0])
            self.dependents[pair[0]].discard(pair[1])


def _known(told: Iterable[datetime | None]) -> Iterable[datetime]:
    return (made for made in told if made is not None)
