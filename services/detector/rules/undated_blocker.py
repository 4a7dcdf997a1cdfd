"""Somebody waits for an item that has no due, and is due soon.

Severity: medium; raised if the two ends are in different teams, if a due is near or past, if many teams wait.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import is_near, named
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
from services.detector.severity import RaisePolicy, has_come
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "undated-blocker"


class UndatedPolicy(RaisePolicy):
    """How near the dependent's due may be before its blocker needs one."""

    undated_within_working_days: Annotated[
        int,
        Field(ge=0, description="With a due this near, blockers need one. Unit: working days. Source: four weeks."),
    ] = 20


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold one finding for each live dependency on this item, without a due, whose dependent is due soon or overdue."""
    if not facts.waiting or facts.item.due is not None:
        return NOTHING
    told = [_judge_one(dependency, context, now) for dependency in live_dependencies(facts)]
    drafts = tuple(draft for draft, _ in told if draft is not None)
    return Verdict(drafts, next_check(now, (moment for _, moment in told)), untold(NAME, facts))


def _judge_one(dependency: LiveDependency, context: Context, now: datetime) -> tuple[Draft | None, datetime | None]:
    dependent = dependency.dependent
    if dependent.due is None:
        return None, None
    policy = context.policy(UndatedPolicy, dependency.blocker.team, dependency.objective)
    near_from = context.calendar(dependent.team).near_from(dependent.due, policy.undated_within_working_days)
    if not has_come(near_from, now):
        return None, near_from
    due_from = due_moment(context, dependency, policy)
    graded = grade(Severity.MEDIUM, dependency, policy, due_from, now)
    evidence = (Evidence(fact="due", ref=dependency.blocker.ref, value=None),)
    return dependency.draft(NAME, graded, max(dependency.began, near_from), evidence), next_check(now, (due_from,))


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Both ends are open, the blocker has no due, and the dependent has one that is near or past."""
    dependency = asked(facts, subjects)
    if dependency is None:
        return not_asked(facts, subjects)
    blocker, dependent = dependency.blocker, dependency.dependent
    calendar = context.calendar(dependent.team)
    within = context.policy(UndatedPolicy, blocker.team, dependency.objective).undated_within_working_days
    due = f"is due {texts.day(blocker.due, calendar.date_of(now))}" if blocker.due else "has no due"
    return (
        is_live_condition(dependency),
        Condition(f"{named(blocker)} {due}; it must have none.", blocker.due is None),
        is_near(named(dependent), dependent.due, within, calendar, now),
    )


def tell(telling: Telling) -> Text:
    """Say by when it is needed, and ask when it could be there."""
    blocker, dependent = telling.draft.subjects
    name, waiting = telling.name(blocker), telling.name(dependent)
    due = telling.on(telling.value("due", dependent))
    other = telling.context.team(telling.value("waiting-team", dependent)).name
    across = "" if other == telling.team_name else f" of {telling.team_name}"
    return Text(
        title=texts.title(
            texts.way(
                f"{{}} is due {due} and waits for {{}}, without a due.",
                telling.named(dependent),
                telling.named(blocker),
            ),
            texts.way("{} has no due.", telling.named(blocker)),
        ),
        why=f"{waiting} of {other} is due {due} and depends on {name}{across}, for which no due is set.",
        question=f"By when could {name} be there, and does that suit {waiting}?",
        clears_when=f"Clears when {name} has a due or is done, or when {waiting} no longer waits on it.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), UndatedPolicy, judge, tell, conditions, about=About.DEPENDENCY)
