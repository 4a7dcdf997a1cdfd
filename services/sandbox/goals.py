"""What the made-up company holds in Asana beside tasks: goals with a metric, a portfolio, and what leads report."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final, Literal

from services.sandbox.strategy import ASANA_PROJECTS, GOALS, HELP_DESK, LAUNCHES, REQUESTS

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
class StatusUpdate:
    """What a lead reported of a project."""

    gid: str
    at: datetime
    by: str
    project: str
    status_type: StatusType
    text: str


_PLANS: Final[tuple[tuple[str, str, str, Unit, float, float, float], ...]] = (
    (GOALS["day-one"], "Workshops with a booking on their first day", "Ilva Marrin", "percentage", 22.0, 50.0, 0.75),
    (GOALS["calls-a-week"], "Calls to the help desk a week", "Greta Halloway", "none", 420.0, 210.0, 0.55),
    (GOALS["dealers"], "Dealers who brought five workshops", "Malik Thorne", "none", 3.0, 20.0, 0.3),
    (UNNAMED_GOAL, "People who say that they like to work here", "Sunniva Reyes", "percentage", 71.0, 80.0, 0.9),
)
"""Each with how much of the way is behind it when the quarter ends."""


def goals_of(starts_on: date, today: datetime, random: Random) -> tuple[Goal, ...]:
    """Return the goals; each is measured on Mondays, and moves its way with ups and downs."""
    mondays = _mondays(starts_on, today, hour=9)
    goals = []
    for gid, name, owner, unit, initial, target, share in _PLANS:
        measured = []
        for week, at in enumerate(mondays):
            way = share * week / WEEKS_MOST + (random.uniform(-0.04, 0.04) if week else 0.0)
            value = initial + (target - initial) * way
            measured.append(Measurement(at, float(round(value))))
        due_on = starts_on + timedelta(weeks=WEEKS_MOST, days=-1)
        goals.append(Goal(gid, name, owner, unit, initial, target, starts_on, due_on, tuple(measured)))
    return tuple(goals)


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
