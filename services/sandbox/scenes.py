"""What goes wrong in the made-up quarter, and how most of it comes right: one function a kind of trouble.

All days are working days of the quarter. A scene's items are its own: the teams' routine does not touch them, so a
silence here stays a silence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from services.sandbox.desk import Desk
from services.sandbox.routine import open_for
from services.sandbox.strategy import REQUESTS
from services.sandbox.words import COMMENTS, GROWN, NUDGES, SPATE
from services.sandbox.work import Work

NEVER: Final = 10_000
"""A day that the quarter does not reach: what ought to happen then has not happened yet."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose item it is, and which objective it serves."""

    team: str
    objective: str
    project: str = ""


GROWTH: Final = Place("growth", "first-booking")
MOBILE: Final = Place("mobile", "phone-quotes")
INVOICES: Final = Place("platform", "paid-invoices")
SAFETY: Final = Place("platform", "no-lost-bookings")
OPERATIONS: Final = Place("operations", "fewer-calls")
ASKED: Final = Place("platform", "paid-invoices", REQUESTS)
INSIGHTS: Final = Place("insights", "owners-numbers")
PARTNERS: Final = Place("partners", "dealers-bring-shops")
TAX_SEASON: Final = Place("insights", "tax-season")


@dataclass(slots=True)
class Stage:
    """The desk, and the last working day of the quarter: nothing happens after it."""

    desk: Desk
    days: range

    def item(self, place: Place, title: str, day: int = -18) -> Work:
        """Open an item."""
        return open_for(self.desk, place.team, place.objective, title, day, project=place.project)

    def on(self, day: int, act: Callable[[], object]) -> None:
        """Do something, if the quarter reaches that day."""
        if day < self.days.stop:
            act()

    def start(self, work: Work, place: Place, day: int) -> str:
        """Have somebody begin an item; returns who."""
        name = self.desk.someone(place.team)
        self.on(day, lambda: self.desk.start(work, self.desk.at(day), name))
        return name

    def say(self, work: Work, name: str, first: int, until: int) -> None:
        """Have somebody say something about an item every other day."""
        for day in range(first, min(until, self.days.stop), 2):
            words = NUDGES if day == first else COMMENTS
            self.desk.change(work, self.desk.at(day), "comment", self.desk.random.choice(words), name)

    def carry(self, work: Work, place: Place, first: int, until: int) -> None:
        """Have somebody begin an item, say something every other day, and finish it."""
        name = self.start(work, place, first)
        self.say(work, name, first + 1, until)
        self.on(until, lambda: self.desk.finish(work, self.desk.at(until), name))


def stalled(stage: Stage, blocker: tuple[Place, str], dependent: tuple[Place, str], linked: int, moved: int) -> None:
    """Somebody waits for an item that nobody touches from `linked` to `moved`; then both get done."""
    first, second = stage.item(*blocker), stage.item(*dependent)
    owner = stage.desk.someone(blocker[0].team)
    stage.desk.change(first, stage.desk.at(linked - 2), "assignee", owner, owner)
    stage.desk.link(first, second, stage.desk.at(linked), stage.desk.someone(dependent[0].team))
    stage.carry(first, blocker[0], moved, moved + 5)
    stage.carry(second, dependent[0], moved + 6, moved + 11)


def dates_conflict(stage: Stage, place: Place, titles: tuple[str, str], noticed: int, mended: int) -> None:
    """An item is planned to be ready after the one that needs it; then it is brought forward, or not yet."""
    desk = stage.desk
    blocker, dependent = stage.item(place, titles[0]), stage.item(place, titles[1])
    name = desk.someone(place.team)
    desk.link(blocker, dependent, desk.at(noticed - 3), name)
    desk.change(dependent, desk.at(noticed - 1), "due", desk.day(noticed + 18), name)
    desk.change(blocker, desk.at(noticed), "due", desk.day(noticed + 24), name)
    stage.on(mended, lambda: desk.change(blocker, desk.at(mended), "due", desk.day(noticed + 12), name))
    done = min(mended, NEVER - 9) + 4
    stage.carry(blocker, place, noticed - 3, done)
    stage.carry(dependent, place, done + 1, done + 6)


def nobodys(stage: Stage, blocker: tuple[Place, str], dependent: tuple[Place, str], linked: int, taken: int) -> None:
    """People ask after an item that somebody waits for, and that belongs to nobody until `taken`."""
    first, second = stage.item(*blocker), stage.item(*dependent)
    asking = stage.desk.someone(dependent[0].team)
    stage.desk.link(first, second, stage.desk.at(linked), asking)
    stage.say(first, asking, linked + 1, taken)
    stage.carry(first, blocker[0], taken, taken + 4)
    stage.carry(second, dependent[0], taken + 5, taken + 9)


def circle(stage: Stage, titles: tuple[str, str, str], closed: int, opened: int) -> None:
    """Three teams wait for one another in a circle, until one of them gives way."""
    desk = stage.desk
    places = (GROWTH, MOBILE, SAFETY)
    works = [stage.item(place, title) for place, title in zip(places, titles, strict=True)]
    for blocker, dependent in ((0, 1), (1, 2)):
        desk.link(works[blocker], works[dependent], desk.at(closed - 2), desk.someone(places[dependent].team))
    last = desk.link(works[2], works[0], desk.at(closed), desk.someone("growth"))
    desk.unlink(last, desk.at(opened), desk.someone("growth"))
    for turn, (work, place) in enumerate(zip(works, places, strict=True)):
        done = opened + 3 + 4 * turn
        stage.carry(work, place, closed - 2 + turn, done)


def handed_over(
    stage: Stage, blocker: tuple[Place, str], dependent: tuple[Place, str], done: int, noticed: int
) -> None:
    """An item that somebody waited for is done, and they do not notice before `noticed`."""
    first, second = stage.item(*blocker), stage.item(*dependent)
    stage.desk.link(first, second, stage.desk.at(done - 6), stage.desk.someone(dependent[0].team))
    stage.carry(first, blocker[0], done - 6, done)
    stage.carry(second, dependent[0], noticed, noticed + 5)


def forgotten(stage: Stage, place: Place, title: str, begun: int, remembered: int) -> None:
    """Somebody begins, says a word, and is called away until `remembered`."""
    work = stage.item(place, title)
    name = stage.start(work, place, begun)
    stage.say(work, name, begun + 1, begun + 2)
    stage.say(work, name, remembered, remembered + 4)
    stage.on(remembered + 4, lambda: stage.desk.finish(work, stage.desk.at(remembered + 4), name))


def claimed_twice(stage: Stage, title: str, opened: int, decided: int) -> None:
    """Two objectives claim an item, until its people say which one it serves."""
    desk = stage.desk
    work = desk.open(
        "platform", title, desk.at(opened), objective="paid-invoices", component="Invoicing", labels=("reliability",)
    )
    lead = desk.someone("platform")
    stage.on(decided, lambda: desk.change(work, desk.at(decided), "label", "objective:paid-invoices", lead))


def carried_away(stage: Stage, first: int, brought_back: int) -> None:
    """The mobile team takes up five things that serve no objective; then it finishes them."""
    for number, title in enumerate(SPATE):
        work = stage.desk.open("mobile", title, stage.desk.at(first + number // 2))
        stage.carry(work, MOBILE, first + 1 + number // 2, brought_back + number // 2)


def grows(stage: Stage, first: int, every: int, taken: int) -> None:
    """The phone quotes get another wish every few days; from `taken` on, some of them are taken up."""
    for number, title in enumerate(GROWN):
        day = first + number * every
        stage.on(day, partial(_wished, stage, title, day, taken + 2 * number))


def _wished(stage: Stage, title: str, day: int, taken: int) -> None:
    work = stage.item(MOBILE, title, day)
    if taken > day:
        stage.carry(work, MOBILE, taken, taken + 5)


def asked_for(stage: Stage, place: Place, thing: str, days: tuple[int, int, int]) -> None:
    """A team of Asana asks the platform team for something; it is done in Jira, and later `told` in the asked-for task.

    The two trackers cannot link to each other, so that the waiting goes through twins, which name each other's address.
    """
    desk, (first, done, told) = stage.desk, days
    asked = stage.item(ASKED, f"Please: {thing}")
    made = stage.item(INVOICES, f"Make {thing}")
    waits = stage.item(place, f"Use {thing}")
    told_by = desk.random.randrange(3)
    asked.twin = made if told_by != 1 else None
    made.twin = asked if told_by != 0 else None
    stage.on(first, lambda: desk.link(asked, waits, desk.at(first, 8), desk.someone(place.team)))
    name = desk.someone(ASKED.team)
    for work, end in ((made, done), (asked, told)):
        stage.on(first, lambda work=work: desk.start(work, desk.at(first, 9), name))  # type: ignore[misc]
        stage.say(work, name, first + 1, end)
        stage.on(end, lambda work=work, end=end: desk.finish(work, desk.at(end, 16), name))  # type: ignore[misc]
    stage.carry(waits, place, told + 1, told + 5)
