"""Conditions that several rules have in common: sentences with their numbers, true whether they hold or not."""

from datetime import date, datetime, timedelta
from typing import Final

from services.detector import texts
from services.detector.facts import ItemFacts
from services.detector.rule import Condition
from services.runtime.calendar import Calendar

MOMENT: Final = timedelta(microseconds=1)
"""The least that lies between two instants: what lasts longer than a length does so a moment after it is reached."""


def named(item: ItemFacts) -> str:
    """Return how people call this item."""
    return texts.called(item.ref, item.key, item.title)


def standing(item: ItemFacts) -> str:
    """Return how the item stands, in words: "to do", "in progress", "done", "gone" or "out of sight"."""
    if item.is_missing:
        return "out of sight"
    return texts.state(item.status_category) if item.visible else "gone"


def of_others(subjects: tuple[str, ...], known: tuple[str, ...]) -> tuple[Condition, ...]:
    """Return the only condition there is for subjects that these facts are not about."""
    return (
        Condition(f"Nothing is known here of {texts.listed(subjects)}, but of {texts.listed(known)}.", holds=False),
    )


def is_open(item: ItemFacts) -> Condition:
    """Return the condition that the item is to do or in progress, and in sight."""
    return Condition(f"{named(item)} is {standing(item)}; it has to be open, and in sight.", item.is_open)


def to_come(moment: datetime | None, now: datetime) -> datetime | None:
    """Return the moment if it is still to come."""
    return moment if moment is not None and moment > now else None


def has_rested(what: str, since: datetime, needed: int, calendar: Calendar, now: datetime) -> Condition:
    """Return the condition that so many working days have passed; `what` reads on with "3 working days ago"."""
    passed = texts.working_days(calendar.working_days(since, now))
    from_then = calendar.reaches(since, needed)
    needs = "1 is needed" if needed == 1 else f"{needed} are needed"
    return Condition(f"{what} {passed} ago; {needs}.", from_then <= now, to_come(from_then, now))


def is_near(what: str, due: date | None, within: int, calendar: Calendar, now: datetime) -> Condition:
    """Return the condition that this due is at most so many working days away, or past."""
    if due is None:
        return Condition(f"{what} has no due; one within {texts.working_days(within)} is needed.", holds=False)
    near_from = calendar.near_from(due, within)
    day, today = texts.day(due, calendar.date_of(now)), calendar.date_of(now)
    away = texts.working_days(calendar.days_to(now, due)) + " from now" if due >= today else "which is past"
    return Condition(
        f"{what} is due {day}, {away}; it counts within {texts.working_days(within)}.",
        near_from <= now,
        to_come(near_from, now),
    )
