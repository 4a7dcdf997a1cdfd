"""Whose working days went into what, day by day and person by person, and how far that is from what is meant.

FINDINGS does not say what an item-day is; the product does: a working day of one person, shared equally by the items in
progress that were theirs at any moment of it. Of the last 28 whole days before today, in the zone of the person's team;
who is in no team has the days of the item's. An epic is no work of its own.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

from tests.oracle.history_found import Found
from tests.oracle.history_placed import At
from tests.oracle.history_told import Issue

_Days = dict[tuple[str, date], set[str]]
"""By person and day: the issues, by id."""


def drifted(at: At) -> Iterator[Found]:
    """Give the categories and bets whose share of 4 weeks is another than what is meant."""
    days, policy = _days(at), at.company.policy
    if len(days) < policy("capacity_min_item_days"):
        return
    for category in at.company.strategy["capacity"]:
        mine = {issue.id for issue in at.there.values() if _category(at, issue) == category["id"]}
        yield from _drift(at, f"category:{category['id']}", _share(days, mine), *category["share"])
    for bet in at.company.strategy["bets"]:
        served = {id_ for id_, one in at.company.objectives.items() if one.get("bet") == bet["id"]}
        mine = {id_ for id_, issue in at.there.items() if at.objective(issue) in served}
        if "budget" in bet:
            yield from _drift(at, f"bet:{bet['id']}", _share(days, mine), bet["budget"], bet["budget"])


def _drift(at: At, subject: str, share: Fraction, low: float, high: float) -> Iterator[Found]:
    off = max(Fraction(str(low)) - share, share - Fraction(str(high)))
    if off > Fraction(str(at.company.policy("capacity_drift_points"))):
        weighs = off >= Fraction(str(at.company.policy("capacity_high_points")))
        yield "capacity-drift", (subject,), "high" if weighs else "medium", None, None, None


def _category(at: At, issue: Issue) -> str | None:
    """Return the one category of an issue: the selector with most fields, then the first."""
    best, fields = None, 0
    for category in at.company.strategy["capacity"]:
        for selector in category["work"]:
            if len(selector) > fields and at.matches(issue, selector):
                best, fields = category["id"], len(selector)
    return best


def _share(days: _Days, mine: set[str]) -> Fraction:
    return sum((Fraction(len(had & mine), len(had)) for had in days.values()), Fraction(0)) / len(days)


def _days(at: At) -> _Days:
    found: _Days = defaultdict(set)
    for issue in (one for one in at.there.values() if not one.is_epic):
        for person, begins, ends in _stretches(issue, at.now):
            calendar = at.company.calendar(at.company.member_of(person) or at.team(issue))
            today = calendar.date_of(at.now)
            for back in range(1, 29):
                day = today - timedelta(days=back)
                opens, closes = calendar.midnight(day), calendar.midnight(day + timedelta(days=1))
                if calendar.days(day - timedelta(days=1), day) and begins < closes and ends > opens:
                    found[person.casefold(), day].add(issue.id)
    return found


def _stretches(issue: Issue, now: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Give when it was in progress and whose; where nobody told since when, that is unknown."""
    if issue.is_untold:
        return
    instants = [one for one in issue.instants if one <= now]
    for begins, ends in zip(instants, [*instants[1:], now], strict=True):
        owner = issue.owner(begins)
        if owner and issue.kind(begins) == "in_progress" and begins < ends:
            yield owner, begins, ends
