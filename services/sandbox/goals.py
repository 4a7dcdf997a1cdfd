"""What the made-up company holds in Asana beside tasks: goals with a metric, a portfolio, and what leads report."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final, Literal

from services.sandbox.strategy import ASANA_PROJECTS, GOALS, HELP_DESK, LAUNCHES, REQUESTS, last_day

Unit = Literal["none", "percentage"]
StatusType = Literal["on_track", "at_risk", "off_track"]

PORTFOLIO_GID: Final = "4300000000000001"
PORTFOLIO_NAME: Final = "What Brightmoor runs in Asana"
PORTFOLIO_OWNER: Final = "Greta Halloway"
UNNAMED_GOAL: Final = "4100000000000004"
"""A goal that no key result of the strategy names."""
WEEKS_MOST: Final = 13
_LEADS: Final = {HELP_DESK: "Greta Halloway", REQUESTS: "Asta Quill", LAUNCHES: "Malik Thorne"}
_SAID: Final[dict[StatusType, str]] = {
    "on_track": "What we planned for this week is done.",
    "at_risk": "Two people were ill, so one thing slips by a week.",
    "off_track": "We wait for others; the plan needs another look.",
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """The value of a goal's metric from a moment on."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, with all that was ever measured, oldest first."""

    gid: str
    name: str
    owner: str
    unit: Unit
    initial: float
    target: float
    starts_on: date
    due_on: date
    measured: tuple[Measurement, ...]

    def value_at(self, moment: datetime) -> float:
        """Return the value that was the newest at a moment."""
        return next((one.value for one in reversed(self.measured) if one.at <= moment), self.initial)


@dataclass(frozen=True, slots=True)
class ByHand:
    """A value of a key result that somebody told Leeway themselves: `key_result` is `<objective>/<id>`."""

    at: datetime
    key_result: str
    value: float
    confidence: float


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What a lead reported of a project."""

    gid: str
    at: datetime
    by: str
    project: str
    status_type: StatusType
    text: str


Way = tuple[float | None, ...]
"""How much of the way from the first value to the target is behind, Monday by Monday; none: nobody measured."""

_SLOW_THEN_FAST: Final[Way] = (0, 0.01, 0.02, 0.03, 0.06, 0.2, 0.42, 0.52, 0.62, 0.7, 0.8, 0.88, 0.95)
_FLAT_FOR_A_WHILE: Final[Way] = (0, 0.1, 0.12, 0.12, 0.12, 0.13, 0.13, 0.2, 0.4, 0.5, 0.56, 0.62, 0.68)
_FORGOTTEN_IN_BETWEEN: Final[Way] = (0, 0.02, 0.03, 0.04, None, None, None, 0.15, 0.18, 0.2, 0.24, 0.27, 0.3)
_STEADY: Final[Way] = tuple(0.9 * week / WEEKS_MOST for week in range(WEEKS_MOST))

_PLANS: Final[tuple[tuple[str, str, str, Unit, float, float, Way], ...]] = (
    (
        *(GOALS["day-one"], "Workshops with a booking on their first day", "Ilva Marrin"),
        *("percentage", 22.0, 50.0, _SLOW_THEN_FAST),
    ),
    (GOALS["calls-a-week"], "Calls to the help desk a week", "Greta Halloway", "none", 420.0, 210.0, _FLAT_FOR_A_WHILE),
    (GOALS["dealers"], "Dealers who brought five workshops", "Malik Thorne", "none", 3.0, 20.0, _FORGOTTEN_IN_BETWEEN),
    (UNNAMED_GOAL, "People who say that they like to work here", "Sunniva Reyes", "percentage", 71.0, 80.0, _STEADY),
)


def goals_of(starts_on: date, today: datetime, random: Random) -> tuple[Goal, ...]:
    """Return the goals; each is measured on Mondays, and moves its way with small ups and downs."""
    mondays = _mondays(starts_on, today, hour=9)
    goals = []
    for gid, name, owner, unit, initial, target, ways in _PLANS:
        measured = []
        for way, at in zip(ways, mondays, strict=False):
            swing = random.uniform(-0.01, 0.01) if way else 0.0
            if way is not None:
                measured.append(Measurement(at, round(initial + (target - initial) * (way + swing), 1)))
        goals.append(Goal(gid, name, owner, unit, initial, target, starts_on, last_day(starts_on), tuple(measured)))
    return tuple(goals)


_TOLD: Final[dict[str, tuple[float, float, Way]]] = {
    "phone-quotes/minutes": (35.0, 10.0, tuple(0.95 * week / WEEKS_MOST for week in range(WEEKS_MOST))),
    "owners-numbers/friday-readers": (
        *(8.0, 40.0),
        (None, None, None, 0.3, 0.42, 0.46, 0.52, 0.58, 0.66, 0.74, 0.82, 0.9, 0.95),
    ),
    "dealers-bring-shops/portal": (0.0, 60.0, (*(None,) * 5, 0.35, 0.4, 0.5, 0.58, 0.66, 0.75, 0.82, 0.9)),
}
"""By key result: baseline, target, and the way. Two of them nobody measures for the first weeks."""


def by_hand_of(starts_on: date, today: datetime) -> tuple[ByHand, ...]:
    """Return what people measured and told, on Mondays, oldest first."""
    told = [
        ByHand(at, name, round(baseline + (target - baseline) * way, 1), 0.5)
        for name, (baseline, target, ways) in _TOLD.items()
        for way, at in zip(ways, _mondays(starts_on, today, hour=10), strict=False)
        if way is not None
    ]
    return tuple(sorted(told, key=lambda one: (one.at, one.key_result)))


def status_updates_of(starts_on: date, today: datetime, random: Random) -> tuple[StatusUpdate, ...]:
    """Return what leads reported, every other Friday, oldest first."""
    updates = []
    for week, monday in enumerate(_mondays(starts_on, today, hour=15)):
        at = monday + timedelta(days=4)
        if week % 2 and at <= today:
            for number, (project, lead) in enumerate(_LEADS.items()):
                kind = random.choices(tuple(_SAID), (6, 2, 1))[0]
                gid = f"44{week:04}{number:010}"
                said_at = at + timedelta(minutes=7 * number)
                updates.append(StatusUpdate(gid, said_at, lead, ASANA_PROJECTS[project], kind, _SAID[kind]))
    return tuple(update for update in updates if update.at <= today)


def _mondays(starts_on: date, today: datetime, hour: int) -> list[datetime]:
    first = datetime.combine(starts_on, time(hour, tzinfo=UTC))
    mondays = (first + timedelta(weeks=week) for week in range(WEEKS_MOST))
    return [monday for monday in mondays if monday <= today]
