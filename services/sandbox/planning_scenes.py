"""What goes wrong in the made-up quarter with plans, decisions and too much at once, and how it comes right again.

As in `scenes.py`: one function a kind of trouble, all days are working days of the quarter.
"""

from services.sandbox.scenes import Place, Stage
from services.sandbox.words import LAUNCHED, PEOPLE, SENT_BACK, TAX
from services.sandbox.work import Status


def not_dated(stage: Stage, blocker: tuple[Place, str], dependent: tuple[Place, str], linked: int, dated: int) -> None:
    """Somebody has promised a day and waits for an item that has none, until `dated`."""
    desk = stage.desk
    first, second = stage.item(*blocker), stage.item(*dependent)
    name = desk.someone(dependent[0].team)
    desk.change(second, desk.at(linked - 1), "due", desk.day(linked + 15), name)
    desk.link(first, second, desk.at(linked), name)
    stage.carry(first, blocker[0], linked + 1, dated + 4)
    stage.on(dated, lambda: desk.change(first, desk.at(dated), "due", desk.day(linked + 11), name))
    stage.carry(second, dependent[0], dated + 5, dated + 9)


def begun_too_early(
    stage: Stage, blocker: tuple[Place, str], dependent: tuple[Place, str], begun: int, caught_up: int
) -> None:
    """Somebody begins although what they wait for is not begun before `caught_up`."""
    first, second = stage.item(*blocker), stage.item(*dependent)
    stage.desk.link(first, second, stage.desk.at(begun - 1), stage.desk.someone(dependent[0].team))
    stage.carry(first, blocker[0], caught_up, caught_up + 4)
    stage.carry(second, dependent[0], begun, caught_up + 7)


def put_off(stage: Stage, place: Place, title: str, days: tuple[int, int, int, int]) -> None:
    """An item gets a day, which is moved later twice; then it is done."""
    desk, (first, second, third, done) = stage.desk, days
    work = stage.item(place, title)
    stage.carry(work, place, first, done)
    for number, day in enumerate((first, second, third)):
        later = desk.day(first + 6 + 7 * number)
        stage.on(day, lambda day=day, later=later: desk.change(work, desk.at(day, 17.6), "due", later, work.reporter))  # type: ignore[misc]


def undecided(stage: Stage, place: Place, title: str, asked: int, decided: int) -> None:
    """A question waits for somebody who may answer it."""
    work = stage.item(place, title, asked)
    work.labels += ("decision",)
    name = stage.desk.someone(place.team)
    stage.say(work, name, asked + 1, decided)
    stage.on(decided, lambda: stage.desk.finish(work, stage.desk.at(decided), name))


def complained(stage: Stage, place: Place, title: str, first: int, helped: int) -> None:
    """A customer's complaint has come to the top, and is open until `helped`."""
    work = stage.item(place, title, first)
    work.labels += ("customer-escalation",)
    stage.carry(work, place, first, helped)


def not_begun(stage: Stage, place: Place, written: int, begun: int) -> None:
    """An objective is written down, and nobody begins anything of it before `begun`."""
    for number, title in enumerate(TAX):
        work = stage.item(place, title, written)
        stage.say(work, stage.desk.someone(place.team), written + 2, begun)
        stage.carry(work, place, begun + 4 * number, begun + 6 + 4 * number)


def cut(stage: Stage, place: Place, day: int) -> None:
    """The lead closes what nobody has begun of an objective and nobody waits for, so that the rest is done in time."""
    if day >= stage.days.stop:
        return
    lead, at = PEOPLE[place.team][0], stage.desk.at(day, 11)
    for work in stage.desk.works:
        is_idle = all(change.field == "parent" for change in work.changes)
        if work.objective == place.objective and work.is_in_jira() and work.created < at and is_idle:
            stage.desk.drop(work, at, lead)


def all_at_once(stage: Stage, place: Place, first: int, until: int) -> None:
    """A team takes up ten things at the same time, and from a day on finishes two a day."""
    for number, title in enumerate(LAUNCHED):
        stage.carry(stage.item(place, title), place, first, until + number // 2)


def sent_back(stage: Stage, place: Place, first: int) -> None:
    """Nine things are called done, and come back two days later; then they are really done."""
    for number, title in enumerate(SENT_BACK):
        work, day = stage.item(place, title), first + number % 3
        name = stage.start(work, place, day)
        for after, status in ((2, Status.DONE), (4, Status.DOING), (8, Status.DONE)):
            if day + after < stage.days.stop:
                stage.desk.change(work, stage.desk.at(day + after), "status", status, name)
