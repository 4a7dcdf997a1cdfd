"""The healthy part of the quarter: six teams take up work, talk about it every day or two, and finish it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final

from services.sandbox.desk import IN_ASANA, Desk
from services.sandbox.strategy import REQUESTS
from services.sandbox.words import BUGS, COMMENTS, FACETS, FEATURES, PEOPLE, STEPS
from services.sandbox.work import Status, Work

OBJECTIVES: Final[dict[str, tuple[str, ...]]] = {
    "growth": ("first-booking",),
    "mobile": ("phone-quotes",),
    "platform": ("paid-invoices", "no-lost-bookings"),
    "operations": ("fewer-calls",),
    "insights": ("owners-numbers",),
    "partners": ("dealers-bring-shops",),
}
FEATURES_TAKEN: Final = {
    "first-booking": 8, "phone-quotes": 7, "paid-invoices": 6, "no-lost-bookings": 5, "fewer-calls": 9,
    "owners-numbers": 8, "dealers-bring-shops": 9,
}  # fmt: skip
"""What a team means to do in the quarter: some have more in mind than they can do, and most of them about as much."""
FEATURES_BEFORE: Final = {"paid-invoices": 3, "no-lost-bookings": 3}
"""What was done for an objective in the last weeks before the quarter, where that is not `BEFORE_EACH`."""
BEFORE_EACH: Final = 5
BEGUN_BEFORE: Final = -34
"""The working day on which the teams took up that: they deliver at their usual pace when the quarter begins."""
WRITTEN_BEFORE: Final = (-38, -35)

AT_ONCE: Final = 4
"""Items that a team has under way: one a person."""

LONGEST_SILENCE: Final = 2
"""Working days: in a healthy team somebody says something at least so often."""

BUG_EVERY: Final = 11
BEFORE: Final = (-36, -14)
"""Working days before the quarter on which its backlog was written down: all of it well before."""

DIVIDED: Final = 1
"""The facet of a feature that is divided into sub-tasks."""

LENGTHS: Final = (10, 5, 4, 10, 6, 5, 10, 4, 5)
"""Working days that items take, by turns. Two weeks are what people give what is large, and all of them keep to it."""
BEGINS: Final = 9.0
ENDS: Final = 17.0
"""The hours at which people take up something new, and are done with it."""

EXPLORING_DAYS: Final = 10
UNEXPLORED: Final = 8
"""One epic in so many begins without a discovery."""
DATED: Final = 0.3
SLIPS: Final = 0.1
POINTS: Final = (1.0, 2.0, 3.0, 5.0, 8.0)
HOURS: Final = (4.0, 8.0, 16.0, 24.0)


@dataclass(slots=True)
class Backlog:
    """What a team means to do, in this order; the sub-tasks of an item; and the epics with what is in each."""

    works: list[Work] = field(default_factory=list)
    steps: dict[int, list[Work]] = field(default_factory=dict)
    epics: list[tuple[Work, list[Work]]] = field(default_factory=list)


@dataclass(slots=True)
class UnderWay:
    """An item that somebody is at, with the sub-tasks that are not done."""

    work: Work
    by: str
    until: int
    told: int
    steps: list[Work]


def where(objective: str) -> dict[str, str]:
    """Return what makes an item serve an objective: the component, or else the label, that the strategy asks for."""
    return {
        "first-booking": {"component": "Onboarding"},
        "phone-quotes": {"component": "Quoting"},
        "paid-invoices": {"component": "Invoicing"},
        "no-lost-bookings": {"label": "reliability"},
        "fewer-calls": {"label": "calls"},
        "owners-numbers": {"component": "Reports"},
        "dealers-bring-shops": {"label": "dealers"},
        "tax-season": {"component": "Tax"},
    }[objective]


def open_for(
    desk: Desk, team: str, objective: str, title: str, day: int, *,
    project: str = "", kind: str = "Story", parent: Work | None = None,
) -> Work:  # fmt: skip
    """Open an item that serves an objective."""
    place = {} if project == REQUESTS else where(objective)
    labels = (place["label"],) if "label" in place else ()
    sizes = HOURS if team in IN_ASANA or project == REQUESTS else POINTS
    return desk.open(
        team, title, desk.at(day), kind=kind, objective=objective, component=place.get("component"), labels=labels,
        parent=parent, project=project, estimate=desk.random.choice(sizes) if kind == "Story" else None,
    )  # fmt: skip


def backlog_of(desk: Desk, team: str) -> Backlog:
    """Write down what a team means to do: the facets of each feature in turn, objectives by turns, bugs between."""
    backlog = Backlog()
    backlog.works = by_turns([_lane(desk, team, objective, backlog) for objective in OBJECTIVES[team]])
    for number, title in enumerate(BUGS[team]):
        bug = desk.open(team, title, desk.at(desk.random.randint(*BEFORE)), kind="Bug")
        backlog.works.insert(5 + number * BUG_EVERY, bug)
    return backlog


def by_turns(lanes: Sequence[Sequence[Work]]) -> list[Work]:
    """Return what is in all lanes, one of each after the other, as long as each has one."""
    together = [work for turn in zip(*lanes, strict=False) for work in turn]
    return together + [work for lane in lanes for work in lane[min(map(len, lanes)) :]]


def put_before(desk: Desk, team: str, backlog: Backlog) -> None:
    """Have a team work first at what it began before the quarter: features that are not of this quarter's."""
    lanes = []
    for objective in OBJECTIVES[team]:
        features = FEATURES[objective][FEATURES_TAKEN[objective] :][: FEATURES_BEFORE.get(objective, BEFORE_EACH)]
        days = sorted(desk.random.randint(*WRITTEN_BEFORE) for _ in range(len(features) * len(FACETS)))
        lane = []
        for number, feature in enumerate(features):
            first = number * len(FACETS)
            lane += _facets(desk, (team, objective, feature), days[first : first + len(FACETS)], backlog)
        lanes.append(lane)
    backlog.works[:0] = by_turns(lanes)


def _lane(desk: Desk, team: str, objective: str, backlog: Backlog) -> list[Work]:
    features = FEATURES[objective][: FEATURES_TAKEN.get(objective)]
    days = sorted(desk.random.randint(*BEFORE) for _ in range(len(features) * len(FACETS)))
    lane = []
    for number, feature in enumerate(features):
        first = number * len(FACETS)
        lane += _feature(desk, number, (team, objective, feature), days[first : first + len(FACETS)], backlog)
    return lane


def _feature(desk: Desk, number: int, what: tuple[str, str, str], days: Sequence[int], backlog: Backlog) -> list[Work]:
    """Write down a feature: in Jira an epic with a story a facet, in Asana tasks; one of them has sub-tasks."""
    (team, objective, feature), epic = what, None
    if team not in IN_ASANA:
        title = feature[0].upper() + feature[1:]
        epic = open_for(desk, team, objective, f"{title} as a whole", days[0] - 1, kind="Epic")
        if number % UNEXPLORED != 1:
            _explore(desk, team, objective, (epic, f"Ask five workshops about {feature}"), days[0])
    works = _facets(desk, what, days, backlog, epic)
    if epic is not None:
        backlog.epics.append((epic, works))
    return works


def _facets(
    desk: Desk, what: tuple[str, str, str], days: Sequence[int], backlog: Backlog, epic: Work | None = None
) -> list[Work]:
    team, objective, feature = what
    works = [
        open_for(desk, team, objective, facet.format(feature=feature), day, parent=epic)
        for facet, day in zip(FACETS, days, strict=True)
    ]
    divided = works[DIVIDED]
    backlog.steps[divided.number] = [
        open_for(desk, team, objective, step.format(feature=feature), days[DIVIDED], kind="Sub-task", parent=divided)
        for step in STEPS
    ]
    return works


def _explore(desk: Desk, team: str, objective: str, what: tuple[Work, str], day: int) -> None:
    """Have somebody ask people before anything of an epic is built, and be done with it before the quarter."""
    epic, title = what
    asked = open_for(desk, team, objective, title, day, parent=epic)
    asked.labels += ("discovery",)
    name = desk.someone(team)
    desk.start(asked, desk.at(day + 3, BEGINS), name)
    desk.finish(asked, desk.at(day + 3 + EXPLORING_DAYS, ENDS), name)


def work_through(desk: Desk, team: str, backlog: Backlog, days: range, quiet: frozenset[int]) -> None:
    """Have a team work through its backlog, one item a person at a time, on all days that are not quiet."""
    waiting, under_way, lengths = list(backlog.works), list[UnderWay](), cycle(LENGTHS)
    for day in days:
        if day in quiet:
            continue
        for one in tuple(under_way):
            _go_on(desk, one, day, under_way)
        free = [name for name in PEOPLE[team] if name not in {one.by for one in under_way}]
        for name in free[: AT_ONCE - len(under_way)]:
            if waiting:
                work = waiting.pop(0)
                steps = backlog.steps.get(work.number, [])
                under_way.append(_begin(desk, work, name, (day, day + next(lengths)), steps))


def _begin(desk: Desk, work: Work, name: str, days: tuple[int, int], steps: Sequence[Work]) -> UnderWay:
    day, until = days
    desk.start(work, desk.at(day, BEGINS), name)
    if work.is_in_jira():
        desk.change(work, desk.at(day, 17.25), "sprint", desk.sprint(work.project, day), name)
    if desk.random.random() < DATED:
        desk.change(work, desk.at(day, 17.5), "due", desk.day(until + desk.random.randint(1, 4)), name)
    return UnderWay(work, name, until, day, list(steps))


def _go_on(desk: Desk, one: UnderWay, day: int, under_way: list[UnderWay]) -> None:
    if day >= one.until:
        while one.steps:
            _next_step(desk, one, day)
        desk.finish(one.work, desk.at(day, ENDS), one.by)
        under_way.remove(one)
        return
    if one.work.is_in_jira() and desk.sprint(one.work.project, day) is not desk.sprint(one.work.project, day - 1):
        desk.change(one.work, desk.at(day, 8), "sprint", desk.sprint(one.work.project, day), one.by)
    if day - one.told >= LONGEST_SILENCE or desk.random.random() < 0.4:  # noqa: PLR2004
        desk.change(one.work, desk.at(day), "comment", desk.random.choice(COMMENTS), one.by)
        one.told = day
        _next_step(desk, one, day)
        _slip(desk, one, day)


def _next_step(desk: Desk, one: UnderWay, day: int) -> None:
    """Begin the next sub-task, or finish the one that is begun."""
    if not one.steps:
        return
    step = one.steps[0]
    if any(change.value is Status.DOING for change in step.changes):
        desk.finish(one.steps.pop(0), desk.at(day, 16), one.by)
    else:
        desk.start(step, desk.at(day, 8 + len(one.steps)), one.by)


def _slip(desk: Desk, one: UnderWay, day: int) -> None:
    """Now and then, put off what has a date."""
    planned = [change.value for change in one.work.changes if change.field == "due"]
    if planned and desk.random.random() < SLIPS * len(planned):
        later = desk.day(one.until + desk.random.randint(5, 9))
        if later != planned[-1]:
            desk.change(one.work, desk.at(day, 17.5), "due", later, one.by)
