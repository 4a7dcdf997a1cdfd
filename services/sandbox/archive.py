"""What the made-up company did in earlier quarters: as many done items as wanted, each made when it is asked for."""

from datetime import date
from random import Random
from typing import Final

from services.sandbox.desk import Desk, asana_gid
from services.sandbox.words import COMMENTS, FEATURES, PEOPLE, SETTLED
from services.sandbox.work import Work

TEAMS: Final = ("growth", "mobile", "platform", "operations", "insights", "partners")
FIRST_DAY: Final = -330
LAST_DAY: Final = -70
"""Working days before the quarter: all of it is done before the quarter's backlog is written down."""
CHANGES_EACH: Final = 16
_FEATURES: Final = tuple(feature for features in FEATURES.values() for feature in features)


def archived(seed: int, number: int, total: int, starts_on: date) -> Work:
    """Return one of `total` items, numbered from 1, in the order in which they were opened."""
    desk = Desk(starts_on, Random(f"{seed} {number}"), _changes=number * CHANGES_EACH)  # noqa: S311 -- made up
    team = TEAMS[number % len(TEAMS)]
    day = FIRST_DAY + (LAST_DAY - FIRST_DAY) * number // total
    title = desk.random.choice(SETTLED).format(number=1000 + number, feature=desk.random.choice(_FEATURES))
    work = desk.open(team, title, desk.at(day, 8), kind=desk.random.choice(("Story", "Bug")))
    name, until = desk.random.choice(PEOPLE[team]), day + desk.random.randint(2, 9)
    desk.start(work, desk.at(day + 1), name)
    for told in range(day + 2, until, 2):
        desk.change(work, desk.at(told), "comment", desk.random.choice(COMMENTS), name)
    desk.finish(work, desk.at(until + 1), name)
    work.number = number
    work.key = f"{work.project}-{number}" if work.is_in_jira() else asana_gid(number)
    return work
