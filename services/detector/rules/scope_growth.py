"""An objective has grown since its baseline.

Severity: medium; high from `scope_growth_high`.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from schemas.work_items import Resolution
from services.detector import texts
from services.detector.context import OBJECTIVE_PREFIX, Context, PolicyFields
from services.detector.facts import ItemFacts, ObjectiveFacts
from services.detector.group_conditions import limit, needed, not_judged
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "scope-growth"

CANCELLED: Final = (
    "Won't Fix",
    "Won't Do",
    "Duplicate",
    "Cannot Reproduce",
    "Invalid",
    "Incomplete",
    "Declined",
    "Not Our Bug",
    "Needs more info",
    "Hold",
)


class ScopePolicy(PolicyFields):
    """How much an objective may grow, and which work never counted."""

    scope_min_base: Annotated[
        int,
        Field(ge=1, description="With a smaller base, growth says little. Unit: items. Source: one item is 25 %."),
    ] = 4
    scope_growth: Annotated[
        float,
        Field(gt=0, description="Added over base, from here on. Unit: share of the base. Source: a quarter more."),
    ] = 0.25
    scope_growth_high: Annotated[
        float,
        Field(gt=0, description="From here on it weighs high. Unit: share of the base. Source: half as much again."),
    ] = 0.5
    cancelled_resolutions: Annotated[
        tuple[str, ...],
        Field(description="Resolutions that do not mean success. Unit: names. Source: Jira's, as delivered."),
    ] = CANCELLED


def cancelled_resolutions(context: Context, objective: str) -> tuple[str, ...]:
    """Return the resolutions that leave an item out of this objective's scope."""
    known = context.objective(objective)
    return context.policy(ScopePolicy, known.team if known else None, objective).cancelled_resolutions


def is_cancelled(item: ItemFacts, resolutions: Collection[str]) -> bool:
    """Tell whether the item is done without success; the tracker's own word decides, where it has one."""
    if not item.is_done:
        return False
    if item.resolution_name is None:
        return item.resolution is Resolution.CANCELLED
    return item.resolution_name in resolutions


def judge(facts: ObjectiveFacts, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding while the leaves added since the baseline are too many for its base."""
    objective = context.objective(facts.objective)
    if objective is None:
        return NOTHING
    policy = context.policy(ScopePolicy, objective.team, objective.id)
    base, added = facts.leaves_base, facts.leaves_added
    if base < policy.scope_min_base or added / base < policy.scope_growth:
        return NOTHING
    ref = OBJECTIVE_PREFIX + objective.id
    draft = Draft(
        rule=NAME,
        subjects=(ref,),
        severity=Severity.HIGH if added / base >= policy.scope_growth_high else Severity.MEDIUM,
        team=objective.team,
        objective=objective.id,
        since=objective.baseline,
        evidence=(
            Evidence(fact="baseline", ref=ref, at=objective.baseline, value=base),
            Evidence(fact="added", ref=ref, value=added),
        ),
    )
    return Verdict((draft,))


def conditions(
    facts: ObjectiveFacts, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """The base is large enough, and too much was added to it."""
    ref, objective = OBJECTIVE_PREFIX + facts.objective, context.objective(facts.objective)
    if subjects != (ref,) or objective is None:
        return not_judged(subjects, ref)
    policy, calendar = context.policy(ScopePolicy, objective.team, objective.id), context.calendar(objective.team)
    base, added = facts.leaves_base, facts.leaves_added
    begun = texts.day(calendar.date_of(objective.baseline), calendar.date_of(now))
    share = f" ({texts.percent(added / base)} of that)" if base else ""
    return (
        Condition(
            f"On {begun} it had {texts.counted(base, 'item')} to do; {needed(policy.scope_min_base)}.",
            base >= policy.scope_min_base,
        ),
        Condition(
            f"{texts.counted(added, 'item')}{share} came since; it counts from {limit(policy.scope_growth)} on.",
            base > 0 and added / base >= policy.scope_growth,
        ),
    )


def tell(telling: Telling) -> Text:
    """Give both counts, and ask what could leave."""
    base, added = telling.value("baseline"), telling.value("added")
    share, begun = texts.percent(added / base), telling.at("baseline")
    return Text(
        title=texts.title(texts.way(f"{{}} has grown by {share}.", telling.named(telling.draft.subjects[0]))),
        why=f"On {begun} it had {texts.counted(base, 'item')} to do; {added} more came since, {share} of that.",
        question="Which of the added items has to be part of it, and what could leave or wait?",
        clears_when="Clears when enough of the added items are cancelled or serve something else, or when its baseline "
        "is set anew.",
    )


RULE: Final = Rule(NAME, (ObjectiveFacts,), ScopePolicy, judge, tell, conditions)
