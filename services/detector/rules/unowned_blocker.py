"""Somebody waits for an item that nobody has taken on.

Severity: medium; raised if the two ends are in different teams, if a due is near or past, if many teams wait.
"""

from datetime import datetime
from typing import Final

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import named
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
from services.detector.severity import RaisePolicy
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "unowned-blocker"


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold one finding for each live dependency on this item, while it has no assignee."""
    if not facts.waiting or facts.item.assignee is not None:
        return NOTHING
    told = [_judge_one(dependency, context, now) for dependency in live_dependencies(facts)]
    drafts = tuple(draft for draft, _ in told)
    return Verdict(drafts, next_check(now, (moment for _, moment in told)), untold(NAME, facts))


def _judge_one(dependency: LiveDependency, context: Context, now: datetime) -> tuple[Draft, datetime | None]:
    policy = context.policy(RaisePolicy, dependency.blocker.team, dependency.objective)
    due_from = due_moment(context, dependency, policy)
    graded = grade(Severity.MEDIUM, dependency, policy, due_from, now)
    evidence = (Evidence(fact="assignee", ref=dependency.blocker.ref, value=None),)
    return dependency.draft(NAME, graded, dependency.began, evidence), next_check(now, (due_from,))


def conditions(
    facts: ItemNeighbourhood,
    context: Context,  # noqa: ARG001 -- every rule is called alike
    now: datetime,  # noqa: ARG001 -- every rule is called alike
    subjects: tuple[str, ...],
) -> tuple[Condition, ...]:
    """Both ends are open, and the blocker has no assignee."""
    dependency = asked(facts, subjects)
    if dependency is None:
        return not_asked(facts, subjects)
    blocker = dependency.blocker
    assigned = f"{named(blocker)} is assigned to {blocker.assignee or 'nobody'}; it has to be nobody."
    return is_live_condition(dependency), Condition(assigned, blocker.assignee is None)


def tell(telling: Telling) -> Text:
    """Say who waits, and ask who could take it on."""
    blocker, dependent = telling.draft.subjects
    name, waiting = telling.name(blocker), telling.name(dependent)
    since = telling.day(telling.draft.since) if telling.draft.since else ""
    return Text(
        title=texts.title(
            *across(telling, "{} has no assignee."),
            texts.way("{} waits on {}, which has no assignee.", telling.named(dependent), telling.named(blocker)),
        ),
        why=f"{waiting}{telling.due(dependent)} depends on {name} since {since}, and nobody is assigned to it.",
        question=f"Who could take {name} on, and what would they need?",
        clears_when=f"Clears when {name} has an assignee or is done, or when {waiting} no longer waits on it.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), RaisePolicy, judge, tell, conditions, about=About.DEPENDENCY)
