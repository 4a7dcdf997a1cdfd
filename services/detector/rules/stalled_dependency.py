"""Somebody waits for an item that nobody has touched for a working week.

Severity: medium, high from `stalled_high_after_working_days`;
raised if the two ends are in different teams, if a due is near or past, if many teams wait.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from schemas.work_items import StatusCategory
from services.detector import texts
from services.detector.conditions import has_rested, named
from services.detector.context import Context
from services.detector.dependencies import (
    LiveDependency,
    across,
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

NAME: Final = "stalled-dependency"


class StalledPolicy(RaisePolicy):
    """How long a blocker may rest."""

    stalled_after_working_days: Annotated[
        int,
        Field(ge=1, description="A blocker so long untouched is stalled. Unit: working days. Source: one work week."),
    ] = 5
    stalled_high_after_working_days: Annotated[
        int,
        Field(ge=1, description="From then on it weighs high. Unit: working days. Source: two working weeks."),
    ] = 10


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold one finding for each live dependency on this item, while it rests."""
    if not facts.waiting:
        return NOTHING
    told = [_judge_one(dependency, context, now) for dependency in live_dependencies(facts)]
    drafts = tuple(draft for draft, _ in told if draft is not None)
    return Verdict(drafts, next_check(now, (moment for _, moment in told)), untold(NAME, facts))


def _judge_one(dependency: LiveDependency, context: Context, now: datetime) -> tuple[Draft | None, datetime | None]:
    policy = context.policy(StalledPolicy, dependency.blocker.team, dependency.objective)
    calendar = context.calendar(dependency.blocker.team)
    since = max(dependency.blocker.touched, dependency.began)
    stalled_from = calendar.reaches(since, policy.stalled_after_working_days)
    if not has_come(stalled_from, now):
        return None, stalled_from
    high_from = calendar.reaches(since, policy.stalled_high_after_working_days)
    due_from = due_moment(context, dependency, policy)
    base = Severity.HIGH if has_come(high_from, now) else Severity.MEDIUM
    graded = grade(base, dependency, policy, due_from, now)
    draft = dependency.draft(NAME, graded, since, tuple(_evidence(dependency)))
    return draft, next_check(now, (high_from, due_from))


def _evidence(dependency: LiveDependency) -> Iterator[Evidence]:
    blocker = dependency.blocker
    yield Evidence(fact="last-touch", ref=blocker.ref, at=blocker.touched)
    yield Evidence(fact="status-category", ref=blocker.ref, value=str(blocker.status_category))


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Both ends are open, and the blocker has rested for long enough."""
    dependency = asked(facts, subjects)
    if dependency is None:
        return not_asked(facts, subjects)
    blocker = dependency.blocker
    policy = context.policy(StalledPolicy, blocker.team, dependency.objective)
    since, needed = max(blocker.touched, dependency.began), policy.stalled_after_working_days
    what = "was last touched" if since == blocker.touched else "was first waited for"
    rested = has_rested(f"{named(blocker)} {what}", since, needed, context.calendar(blocker.team), now)
    return is_live_condition(dependency), rested


def tell(telling: Telling) -> Text:
    """Say how long it has rested, and ask what would start or move it."""
    blocker, dependent = telling.draft.subjects
    name, waiting = telling.name(blocker), telling.name(dependent)
    rests = f"{{}} has not moved for {texts.working_days(telling.working_days())}."
    named = telling.named(blocker)
    verb = "start" if telling.value("status-category", blocker) == StatusCategory.TODO else "move"
    touch = telling.find("last-touch", blocker)
    waits = "depends on it"
    if touch and touch.at and telling.draft.since and telling.draft.since > touch.at:
        waits += f" since {telling.day(telling.draft.since)}"
    return Text(
        title=texts.title(
            *across(telling, rests),
            texts.way(f"{{}} waits: {rests}", telling.named(dependent), named),
            texts.way(rests, named),
        ),
        why=f"Last touched {telling.at('last-touch', blocker)}; {waiting}{telling.due(dependent)} {waits}.",
        question=f"What would it take to {verb} {name} this week, and who could help?",
        clears_when=f"Clears when somebody touches {name}, when it is done, or when {waiting} no longer waits on it.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), StalledPolicy, judge, tell, conditions, about=About.DEPENDENCY)
