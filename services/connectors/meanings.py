"""What a change means for its item, in the words of `WorkItem`, whichever tracker tells it."""

from dataclasses import dataclass
from datetime import date

from schemas.work_items import ChangeAspect, StatusCategory


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a change means: see `WorkItemChange`. None is nothing, or for a status, a parent or a far end not known."""

    aspect: ChangeAspect
    was: str | None
    becomes: str | None


def meant(aspect: ChangeAspect, was: str | None, becomes: str | None) -> Meaning | None:
    """Return the meaning; none where the item stands as before, as after a move between two statuses of one kind."""
    return None if was is not None and was == becomes else Meaning(aspect, was, becomes)


def day_text(day: date | None) -> str | None:
    """Return a day as a change tells it."""
    return None if day is None else day.isoformat()


def number_text(value: float | None) -> str | None:
    """Return an estimate as a change tells it; the same number is always the same text."""
    if value is None:
        return None
    return str(int(value)) if value.is_integer() else str(value)


def category_text(category: StatusCategory | None) -> str | None:
    """Return a category as a change tells it."""
    return None if category is None else category.value
