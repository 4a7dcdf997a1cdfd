"""What another policy would have done to the same past: which findings it would have spared, and which it would add."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.backtest.lives import Life


@dataclass(frozen=True, slots=True)
class Comparison:
    """`spared` findings are of the first run only, `added` ones of the second; both by the day on which they began.

    Two lives are of the same finding if rule and subjects are the same and they were open on a day in common.
    `reweighed` counts those whose highest severity is another one.
    """

    spared: tuple[Life, ...]
    added: tuple[Life, ...]
    reweighed: int


def compare(first: Sequence[Life], second: Sequence[Life]) -> Comparison:
    """Lay two runs over the same days side by side."""
    ours, theirs = _by_name(first), _by_name(second)
    reweighed = 0
    for life in first:
        matches = [other for other in theirs.get(_name(life), ()) if _meet(life, other)]
        reweighed += bool(matches) and all(other.worst is not life.worst for other in matches)
    return Comparison(_alone(first, theirs), _alone(second, ours), reweighed)


_Name = tuple[str, tuple[str, ...]]


def _name(life: Life) -> _Name:
    return life.draft.rule, life.draft.subjects


def _by_name(lives: Iterable[Life]) -> dict[_Name, list[Life]]:
    found: defaultdict[_Name, list[Life]] = defaultdict(list)
    for life in lives:
        found[_name(life)].append(life)
    return found


def _alone(lives: Iterable[Life], others: dict[_Name, list[Life]]) -> tuple[Life, ...]:
    alone = (life for life in lives if not any(_meet(life, other) for other in others.get(_name(life), ())))
    return tuple(sorted(alone, key=lambda life: (life.began, *_name(life))))


def _meet(one: Life, other: Life) -> bool:
    return (other.ended is None or one.began < other.ended) and (one.ended is None or other.began < one.ended)
