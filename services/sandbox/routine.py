"""The healthy part of the quarter: four teams take up work, talk about it every day or two, and finish it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.sandbox.desk import Desk
from services.sandbox.strategy import REQUESTS
from services.sandbox.words import BUGS, COMMENTS, FACETS, FEATURES, PEOPLE
from services.sandbox.work import Work

OBJECTIVES: Final[dict[str, tuple[str, ...]]] = {
    "growth": ("first-booking",),
    "mobile": ("phone-quotes",),
    "platform": ("paid-invoices", "no-lost-bookings"),
    "operations": ("fewer-calls",),
}
FEATURES_TAKEN: Final = {"phone-quotes": 7}
"""Of the phone quotes only so many had been thought of when the quarter began."""

AT_ONCE: Final = 4
"""Items that a team has under way: one a person."""

LONGEST_SILENCE: Final = 2
"""Working days: in a healthy team somebody says something at least so often."""

BUG_EVERY: Final = 11
BEFORE: Final = (-50, -13)
"""Working days before the quarter on which its backlog was written down: all of it well before."""


@dataclass(slots=True)
class UnderWay:
    """An item that somebody is at."""

    work: Work
    by: str
    until: int
    told: int


def where(objective: str) -> dict[str, str]:
    """Return what makes an item serve an objective: the component, or else the label, that the strategy asks for."""
    return {
        "first-booking": {"component": "Onboarding"},
        "phone-quotes": {"component": "Quoting"},
        "paid-invoices": {"component": "Invoicing"},
        "no-lost-bookings": {"label": "reliability"},
        "fewer-calls": {"label": "calls"},
    }[objective]


def open_for(desk: Desk, team: str, objective: str, title: str, day: int, *, project: str = "") -> Work:
    """Open an item that serves an objective."""
    place = {} if project == REQUESTS else where(objective)
    labels = (place["label"],) if "label" in place else ()
    return desk.open(
        team, title, desk.at(day), objective=objective, component=place.get("component"), labels=labels, project=project
    )


def backlog_of(desk: Desk, team: str) -> list[Work]:
    """Write down what a team means to do: the facets of each feature in turn, objectives by turns, bugs between."""
    lanes = [_lane(desk, team, objective) for objective in OBJECTIVES[team]]
    backlog = [work for together in zip(*lanes, strict=False) for work in together]
    backlog += [work for lane in lanes for work in lane[min(map(len, lanes)) :]]
    for number, title in enumerate(BUGS[team]):
        bug = desk.open(team, title, desk.at(desk.random.randint(*BEFORE)), kind="Bug")
        backlog.insert(5 + number * BUG_EVERY, bug)
    return backlog


def _lane(desk: Desk, team: str, objective: str) -> list[Work]:
    features = FEATURES[objective][: FEATURES_TAKEN.get(objective)]
    titles = [facet.format(feature=feature) for feature in features for facet in FACETS]
    days = sorted(desk.random.randint(*BEFORE) for _ in titles)
    return [open_for(desk, team, objective, title, day) for title, day in zip(titles, days, strict=True)]


def work_through(desk: Desk, team: str, backlog: Sequence[Work], days: range, quiet: frozenset[int]) -> None:
    """Have a team work through its backlog, one item a person at a time, on all days that are not quiet."""
    waiting, under_way = list(backlog), list[UnderWay]()
    for day in days:
        if day in quiet:
            continue
        for one in tuple(under_way):
            _go_on(desk, one, day, under_way)
        free = [name for name in PEOPLE[team] if name not in {one.by for one in under_way}]
        for name in free[: AT_ONCE - len(under_way)]:
            if waiting:
                under_way.append(_begin(desk, waiting.pop(0), name, day))


def _begin(desk: Desk, work: Work, name: str, day: int) -> UnderWay:
    until = day + desk.random.randint(4, 9)
    desk.start(work, desk.at(day), name)
    if desk.random.random() < 0.3:  # noqa: PLR2004 -- three items in ten have a date
        desk.change(work, desk.at(day, 17.5), "due", desk.day(until + desk.random.randint(1, 4)), name)
    return UnderWay(work, name, until, day)


def _go_on(desk: Desk, one: UnderWay, day: int, under_way: list[UnderWay]) -> None:
    if day >= one.until:
        desk.finish(one.work, desk.at(day), one.by)
        under_way.remove(one)
    elif day - one.told >= LONGEST_SILENCE or desk.random.random() < 0.4:  # noqa: PLR2004
        desk.change(one.work, desk.at(day), "comment", desk.random.choice(COMMENTS), one.by)
        one.told = day
