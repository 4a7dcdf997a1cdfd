"""Somebody waits for an item that has not begun, and is in progress or due soon.

Severity: high; raised if the two ends are in different teams, if many teams wait.
"""

from datetime import datetime
from typing import Final

from schemas.findings import Evidence, Severity
from schemas.work_items import StatusCategory
from services.detector import texts
from services.detector.conditions import is_near, named, standing
from services.detector.context import Context
from services.detector.dependencies import (
    LiveDependency,
    asked,
    grade,
    is_live_condition,
    live_dependencies,
    not_asked,
    untold,
)
from services.detector.facts import ItemFacts, ItemNeighbourhood
from services.detector.rule import About, Condition, Rule, Telling, Text
from services.detector.severity import RaisePolicy, has_come
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "late-start"


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold one finding for each live dependency on this item that is needed soon, while it is to do."""
    if not facts.waiting or facts.item.status_category is not StatusCategory.TODO:
        return NOTHING
    told = [_judge_one(dependency, context, now) for dependency in live_dependencies(facts)]
    drafts = tuple(draft for draft, _ in told if draft is not None)
    return Verdict(drafts, next_check(now, (moment for _, moment in told)), untold(NAME, facts))


def _judge_one(dependency: LiveDependency, context: Context, now: datetime) -> tuple[Draft | None, datetime | None]:
    policy = context.policy(RaisePolicy, dependency.blocker.team, dependency.objective)
    near_from = _near_from(dependency, context, policy)
    if _is_begun(dependency.dependent):
        needed_from = dependency.dependent.started
        if needed_from is not None and near_from is not None:
            needed_from = min(needed_from, near_from)
    elif has_come(near_from, now):
        needed_from = near_from
    else:
        return None, near_from
    since = None if needed_from is None else max(dependency.began, needed_from)
    graded = grade(Severity.HIGH, dependency, policy, None, now)
    return dependency.draft(NAME, graded, since, _evidence(dependency)), None


def _near_from(dependency: LiveDependency, context: Context, policy: RaisePolicy) -> datetime | None:
    """Return when the dependent's due comes near, in the days of those who would begin: the blocker's team."""
    due = dependency.dependent.due
    if due is None:
        return None
    return context.calendar(dependency.blocker.team).near_from(due, policy.due_within_working_days)


def _is_begun(item: ItemFacts) -> bool:
    return item.status_category is StatusCategory.IN_PROGRESS


def _evidence(dependency: LiveDependency) -> tuple[Evidence, ...]:
    blocker, dependent = dependency.blocker, dependency.dependent
    return (
        Evidence(fact="status-category", ref=blocker.ref, value=str(blocker.status_category)),
        Evidence(
            fact="status-category",
            ref=dependent.ref,
            at=dependent.started if _is_begun(dependent) else None,
            value=str(dependent.status_category),
        ),
    )


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Both ends are open, the blocker is to do, and the dependent is in progress or due soon."""
    dependency = asked(facts, subjects)
    if dependency is None:
        return not_asked(facts, subjects)
    blocker, dependent = dependency.blocker, dependency.dependent
    policy = context.policy(RaisePolicy, blocker.team, dependency.objective)
    within, calendar = policy.due_within_working_days, context.calendar(blocker.team)
    near = is_near(named(dependent), dependent.due, within, calendar, now)
    is_begun = _is_begun(dependent)
    return (
        is_live_condition(dependency),
        Condition(
            f"{named(blocker)} is {standing(blocker)}; it has to be to do.",
            blocker.status_category is StatusCategory.TODO,
        ),
        Condition(
            f"{named(dependent)} is {standing(dependent)}, where in progress is enough. {near.says}",
            is_begun or near.holds,
            None if is_begun else near.changes_at,
        ),
    )


def tell(telling: Telling) -> Text:
    """Say who needs it by now, and ask what it takes to begin."""
    blocker, dependent = telling.draft.subjects
    name, waiting = telling.name(blocker), telling.name(dependent)
    due = telling.value("due", dependent)
    begun = telling.find("status-category", dependent)
    is_begun = begun is not None and begun.value == StatusCategory.IN_PROGRESS
    first = "is in progress" if is_begun else f"is due {telling.on(due)}"
    since = f" since {telling.day(begun.at)}" if is_begun and begun and begun.at else ""
    shown_due = telling.due(dependent) if is_begun else ""
    return Text(
        title=texts.title(
            texts.way(
                f"{{}} {first}, but needs {{}}, which is to do.", telling.named(dependent), telling.named(blocker)
            ),
            texts.way("{} has not begun.", telling.named(blocker)),
        ),
        why=f"{waiting}{shown_due} {first}{since} and depends on {name} of {telling.team_name}, which is still to do.",
        question=f"What would it take to begin {name} now, or what could {waiting} do without it?",
        clears_when=f"Clears when {name} is begun or done, or when {waiting} no longer waits on it or can wait.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), RaisePolicy, judge, tell, conditions, about=About.DEPENDENCY)
