"""Somebody plans to start, or to be done, before the item that they wait for is due.

Severity: high; raised if the two ends are in different teams, if a due is near or past, if many teams wait.
"""

from datetime import date, datetime
from typing import Final

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import named
from services.detector.context import Context
from services.detector.dependencies import (
    LiveDependency,
    asked,
    due_moment,
    grade,
    is_live_condition,
    live_dependencies,
    not_asked,
    untold,
)
from services.detector.facts import ItemNeighbourhood
from services.detector.rule import About, Condition, Rule, Telling, Text
from services.detector.severity import RaisePolicy
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "dependency-date-conflict"


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold one finding for each live dependency on this item whose dates cannot both be kept."""
    if not facts.waiting:
        return NOTHING
    told = [
        _judge_one(dependency, context, now)
        for dependency in live_dependencies(facts)
        if _first_broken(dependency) is not None
    ]
    drafts = tuple(draft for draft, _ in told)
    return Verdict(drafts, next_check(now, (moment for _, moment in told)), untold(NAME, facts))


def _first_broken(dependency: LiveDependency) -> date | None:
    """Return the earliest of the dependent's dates that the blocker's due would break; none if both have no due."""
    due = dependency.blocker.due
    if due is None or dependency.dependent.due is None:
        return None
    planned = (dependency.dependent.start, dependency.dependent.due)
    return min((day for day in planned if day is not None and due > day), default=None)


def _judge_one(dependency: LiveDependency, context: Context, now: datetime) -> tuple[Draft, datetime | None]:
    policy = context.policy(RaisePolicy, dependency.blocker.team, dependency.objective)
    due_from = due_moment(context, dependency, policy)
    graded = grade(Severity.HIGH, dependency, policy, due_from, now)
    return dependency.draft(NAME, graded, dependency.began, _evidence(dependency)), next_check(now, (due_from,))


def _evidence(dependency: LiveDependency) -> tuple[Evidence, ...]:
    blocker, dependent = dependency.blocker, dependency.dependent
    days = (("due", blocker.ref, blocker.due), ("start", dependent.ref, dependent.start))
    return tuple(Evidence(fact=fact, ref=ref, value=day.isoformat()) for fact, ref, day in days if day is not None)


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Both ends are open and have a due, and the blocker's is later than the dependent's start or due."""
    dependency = asked(facts, subjects)
    if dependency is None:
        return not_asked(facts, subjects)
    blocker, dependent = dependency.blocker, dependency.dependent
    today = context.calendar(blocker.team).date_of(now)
    shown = {
        day: texts.day(day, today) if day else "at no day" for day in (blocker.due, dependent.start, dependent.due)
    }
    dues = f"{named(blocker)} is due {shown[blocker.due]}, {named(dependent)} {shown[dependent.due]}"
    starts = f"{named(dependent)} starts {shown[dependent.start]} and is due {shown[dependent.due]}"
    return (
        is_live_condition(dependency),
        Condition(f"{dues}; both need a due.", blocker.due is not None and dependent.due is not None),
        Condition(
            f"{named(blocker)} is due {shown[blocker.due]}; {starts}; the first has to be later than one of these.",
            _first_broken(dependency) is not None,
        ),
    )


def tell(telling: Telling) -> Text:
    """Set the two dates side by side, and ask which can move."""
    blocker, dependent = telling.draft.subjects
    name, waiting = telling.name(blocker), telling.name(dependent)
    due = telling.on(telling.value("due", blocker))
    start, end = telling.value("start", dependent), telling.value("due", dependent)
    starts = start is not None and start < telling.value("due", blocker)
    first = f"starts {telling.on(start)}" if starts else f"is due {telling.on(end)}"
    also = f" and is due {telling.on(end)}" if starts else ""
    return Text(
        title=texts.title(
            texts.way(
                f"{{}} {first}, but waits for {{}}, due {due}.", telling.named(dependent), telling.named(blocker)
            ),
            texts.way("{} is due after {}.", telling.named(blocker), telling.named(dependent)),
        ),
        why=f"{name} is due {due}; {waiting}, which depends on it, {first}{also}.",
        question=f"Which date can move, or which part of {name} could {waiting} have earlier?",
        clears_when=f"Clears when {name} is due by the time {waiting} needs it, or when either is done.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), RaisePolicy, judge, tell, conditions, about=About.DEPENDENCY)
