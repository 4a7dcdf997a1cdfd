"""What leads do with epics: begin and close them with their items, write under them each week, and regroup them."""

from typing import Final

from services.sandbox.desk import Desk
from services.sandbox.routine import Backlog
from services.sandbox.words import PEOPLE, WEEKLY
from services.sandbox.work import Status, Work

ROUND_DAYS: Final = 4
"""Working days between two rounds: an epic that is in progress never rests for a week."""
MEANT_DAYS: Final = 25
WITHOUT_A_DAY: Final = 0.1
"""Of the epics, so many are begun before anybody says by when."""
DATED_LATE: Final = 6
REGROUP_DAYS: Final = range(12, 60, 9)


def keep_epics(desk: Desk, team: str, backlog: Backlog, days: range) -> None:
    """Have the lead of a team keep its epics up to date, all through the quarter."""
    lead = PEOPLE[team][0]
    for epic, works in backlog.epics:
        begun = _first_days(desk, works, Status.DOING)
        if not begun:
            continue
        done = _first_days(desk, works, Status.DONE)
        end = max(done) if len(done) == len(works) else days.stop
        desk.start(epic, desk.at(min(begun), 17.75), lead)
        planned = min(begun) + (DATED_LATE if desk.random.random() < WITHOUT_A_DAY else 0)
        if planned < min(end, days.stop):
            desk.change(epic, desk.at(planned, 17.8), "due", desk.day(min(begun) + MEANT_DAYS), lead)
        for day in range(min(begun) + ROUND_DAYS, end, ROUND_DAYS):
            desk.change(epic, desk.at(day), "comment", desk.random.choice(WEEKLY), lead)
        if end < days.stop:
            desk.finish(epic, desk.at(end, 17.75), lead)


def regroup(desk: Desk, team: str, backlog: Backlog, days: range) -> None:
    """Now and then, move an item that nobody has begun from one epic to another."""
    lead = PEOPLE[team][0]
    epics = [epic for epic, _ in backlog.epics]
    last = [work for work in backlog.works if work.parent is not None and work.parent.kind == "Epic"]
    for day in REGROUP_DAYS:
        if day not in days or len(last) < len(REGROUP_DAYS):
            continue
        work = last.pop()
        others = [epic for epic in epics if epic is not work.parent]
        desk.change(work, desk.at(day), "parent", desk.random.choice(others), lead)


def _first_days(desk: Desk, works: list[Work], status: Status) -> list[int]:
    """Return the working days on which items came to a status."""
    return [desk.number_of(change.at.date()) for work in works for change in work.changes if change.value is status]
