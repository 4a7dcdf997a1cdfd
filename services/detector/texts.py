"""Small words: counts, days and titles, so that every finding reads alike.

Promise: a number comes as digits with its noun in the right number; a day as "8 June", with its year where that is
another one; a title in at most 12 words, where one of the given ways to say it fits.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

TITLE_WORDS: Final = 12
_LONGEST_NAME: Final = 60
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
    """Return the name, cut with an ellipsis where it is too long to be read in a sentence."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"


def called(ref: str, key: str | None, title: str) -> str:
    """Return how people call an item: its key, else its title. Nobody knows an Asana task by its number."""
    if ref.startswith(_NUMBERED_ONLY):
        return f"“{shortened(title)}”"
    return key or shortened(title)


def state(category: str) -> str:
    """Return a status category in words: "to do", "in progress", "done"."""
    return _STATES.get(category, category)


def title(*ways: str) -> str:
    """Return the first way that has at most 12 words, else the last."""
    return next((way for way in ways if len(way.split()) <= TITLE_WORDS), ways[-1])
