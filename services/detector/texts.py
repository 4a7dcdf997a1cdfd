"""Small words: counts, days and titles, so that every finding reads alike.

Promise: a number comes as digits with its noun in the right number; a day as "8 June", with its year where that is
another one; a title in at most 12 words that always names what it is about, its name cut at a word where it is long.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

TITLE_WORDS: Final = 12
_LONGEST_NAME: Final = 60
_TELLING_WORDS: Final = 3
"""So many words of a name tell most things from others."""
_KEYED_WORDS: Final = 2
"""Fewer words of a title beside a key tell nobody more than the key does."""
_NUMBERED_ONLY: Final = "asana:"
_STATES: Final = {"todo": "to do", "in_progress": "in progress"}


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return "1 item", "2 items"; `plural` where an s will not do."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def working_days(count: int) -> str:
    """Return "1 working day", "12 working days"."""
    return counted(count, "working day")


def day(value: date, today: date) -> str:
    """Return "8 June", with the year where it is not this year's."""
    text = f"{value.day} {value:%B}"
    return text if value.year == today.year else f"{text} {value.year}"


def lasting(length: timedelta) -> str:
    """Return "40 minutes", "3 hours", "2 days": whole ones, of the largest unit of which there are two."""
    minutes = int(length.total_seconds() // 60)
    for size, noun in ((1440, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return counted(minutes // size, noun)
    return counted(minutes, "minute")


def percent(share: float) -> str:
    """Return "35 %"; what is not whole is rounded down, so that a limit which is not reached never reads as reached."""
    return f"{int(share * 100 + 1e-9)} %"


def listed(names: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    if len(names) < 2:  # noqa: PLR2004 -- one name needs no "and"
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def shortened(name: str) -> str:
    """Return the name, cut with an ellipsis, after a word if it has several, where it is too long for a sentence."""
    if len(name) <= _LONGEST_NAME:
        return name
    whole, space, _ = name[:_LONGEST_NAME].rpartition(" ")
    return _cut(whole if space and whole.strip() else name[: _LONGEST_NAME - 1])


def called(ref: str, key: str | None, title: str) -> str:
    """Return how people call an item: its key, else its title. Nobody knows an Asana task by its number."""
    if ref.startswith(_NUMBERED_ONLY):
        return f"“{shortened(title)}”"
    return key or shortened(title)


def state(category: str) -> str:
    """Return a status category in words: "to do", "in progress", "done"."""
    return _STATES.get(category, category)


@dataclass(frozen=True, slots=True)
class Name:
    """What a title may call something: its key, if people know it by one, and as many words of its name as fit."""

    words: tuple[str, ...]
    key: str = ""
    is_quoted: bool = True

    @property
    def most(self) -> int:
        """So many of its words are shown at most."""
        shown = shortened(" ".join(self.words))
        return len(shown.split())

    def size(self, count: int) -> int:
        """Return how many words a title has of it, with so many of its own."""
        return count + bool(self.key)

    def said(self, count: int) -> str:
        """Return it with so many of its words."""
        shown = shortened(" ".join(self.words[:count]))
        if count < len(self.words) and not shown.endswith("…"):
            shown = _cut(shown)
        quoted = f"“{shown}”" if self.is_quoted else shown
        return " ".join(part for part in (self.key, quoted if count else "") if part)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to say a title: `form` has a `{}` for each of these names, in their order."""

    form: str
    names: tuple[Name, ...]

    @property
    def own_words(self) -> int:
        """How many words it has beside the names."""
        return len(self.form.format(*("name" for _ in self.names)).split()) - len(self.names)


def named(ref: str, key: str | None, title: str) -> Name:
    """Return what a title may call a subject; nobody knows an Asana task by its number, nor puts teams in quotes."""
    shown = "" if key is None or ref.startswith(_NUMBERED_ONLY) else key
    words = tuple(title.split()) or (() if shown else (ref,))
    return Name(words, shown, is_quoted=not ref.startswith("team:"))


def plain(name: str) -> Name:
    """Return the name of a team, without quotes."""
    return Name(tuple(name.split()) or ("?",), is_quoted=False)


def way(form: str, *names: Name) -> Way:
    """Return a way to say a title."""
    return Way(form, names)


def title(*ways: Way) -> str:
    """Return a title of at most 12 words in the first way that has room for the names; a key is never left out.

    Room for whole names is looked for first, then for what tells one from another; else the last way has one word of
    each. What room is left is filled with more words of the names, the last name first.
    """
    for needed in (_whole, _telling, _least):
        for one in ways:
            counts = [needed(name) for name in one.names]
            taken = sum(name.size(count) for name, count in zip(one.names, counts, strict=True))
            room = TITLE_WORDS - one.own_words - taken
            if room >= 0:
                return one.form.format(*_filled(one.names, counts, room))
    return ways[-1].form.format(*(name.said(_least(name)) for name in ways[-1].names))


def _whole(name: Name) -> int:
    return 0 if name.key else name.most


def _telling(name: Name) -> int:
    return min(_whole(name), _TELLING_WORDS)


def _least(name: Name) -> int:
    return min(_whole(name), 1)


def _filled(names: Sequence[Name], counts: Sequence[int], room: int) -> Iterable[str]:
    """Return the names with more of their words, as far as there is room."""
    said = []
    for name, count in zip(reversed(names), reversed(counts), strict=True):
        more = min(room, name.most - count)
        if name.key and more < min(_KEYED_WORDS, len(name.words)):
            more = 0
        said.append(name.said(count + more))
        room -= more
    return reversed(said)


def _cut(name: str) -> str:
    return f"{name.rstrip(' ,;:.-')}…"
