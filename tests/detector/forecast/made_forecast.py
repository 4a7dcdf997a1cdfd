"""Objectives to forecast, as of noon on Monday, 15 June 2026, by the default calendar. Everything is invented."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from services.detector.facts import Forecast
from services.detector.forecast.pure import ForecastInputs, make_forecast, seed_of
from services.runtime.calendar import DEFAULT, Calendar
from tests.detector.made import MONDAY

FAR = date(2026, 12, 31)


def delivered(counts: Sequence[int], calendar: Calendar = DEFAULT, now: datetime = MONDAY) -> tuple[datetime, ...]:
    """Return so many deliveries on each of the last working days before today, the last count on the last of them."""
    day, found = now, list[datetime]()
    for count in reversed(counts):
        day -= timedelta(days=1)
        while not calendar.is_working(calendar.date_of(day)):
            day -= timedelta(days=1)
        found += [day] * count
    return tuple(found)


def leaves(count: int, prefix: str = "leaf") -> tuple[str, ...]:
    """Return so many refs that sort by their number."""
    return tuple(f"{prefix}:{number:03}" for number in range(count))


def inputs(
    count: int, counts: Sequence[int], dependencies: Iterable[tuple[str, str]] = (), **rest: Any
) -> ForecastInputs:
    """Return an objective of so many open leaves, that delivered `counts` and began on the first day of those."""
    moments = delivered(counts)
    first = min(delivered([1] * len(counts)))
    values: dict[str, Any] = {"objective": "easy", "leaves": leaves(count), "began": first, "delivered": moments}
    return ForecastInputs(**(values | {"dependencies": tuple(dependencies)} | rest))


def forecast(given: ForecastInputs, due: date = FAR, *, now: datetime = MONDAY, **options: Any) -> Forecast:
    """Return its forecast with the seed of that day."""
    return make_forecast(given, due, DEFAULT, now, seed_of(given.objective, now.date()), **options)
