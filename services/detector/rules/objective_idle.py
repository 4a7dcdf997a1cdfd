"""Nobody has touched anything that serves an objective.

Severity: medium; high from `idle_high_after_working_days`.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import has_rested
from services.detector.context import OBJECTIVE_PREFIX, Context, PolicyFields
from services.detector.facts import ObjectiveFacts
from services.detector.group_conditions import needed, not_judged
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.severity import has_come
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "objective-idle"


class IdlePolicy(PolicyFields):
    """How long an objective may rest."""

    idle_after_working_days: Annotated[
        int,
        Field(ge=1, description="An objective so long untouched is idle. Unit: working days. Source: most of a week."),
    ] = 4
    idle_high_after_working_days: Annotated[
        int,
        Field(ge=1, description="From then on it weighs high. Unit: working days. Source: two working weeks."),
    ] = 10


def judge(facts: ObjectiveFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding while the objective has open items and none of all its items is touched."""
    objective = context.objective(facts.objective)
    if objective is None or not facts.open_items or facts.last_touch is None:
        return NOTHING
    policy = context.policy(IdlePolicy, objective.team, objective.id)
    calendar = context.calendar(objective.team)
    idle_from = calendar.reaches(facts.last_touch, policy.idle_after_working_days)
    if not has_come(idle_from, now):
        return Verdict(check_after=idle_from)
    high_from = calendar.reaches(facts.last_touch, policy.idle_high_after_working_days)
    ref = OBJECTIVE_PREFIX + objective.id
    draft = Draft(
        rule=NAME,
        subjects=(ref,),
        severity=Severity.HIGH if has_come(high_from, now) else Severity.MEDIUM,
        team=objective.team,
        objective=objective.id,
        since=facts.last_touch,
        evidence=(
            Evidence(fact="last-touch", ref=ref, at=facts.last_touch),
            Evidence(fact="open-items", ref=ref, value=facts.open_items),
        ),
    )
    return Verdict((draft,), next_check(now, (high_from,)))


def conditions(
    facts: ObjectiveFacts, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Something is open, and nothing was touched for long enough."""
    ref, objective = OBJECTIVE_PREFIX + facts.objective, context.objective(facts.objective)
    if subjects != (ref,) or objective is None:
        return not_judged(subjects, ref)
    policy, calendar = context.policy(IdlePolicy, objective.team, objective.id), context.calendar(objective.team)
    opened = texts.counted(facts.open_items, "open item")
    if facts.last_touch is None:
        rests = Condition("None of its items was ever touched.", holds=False)
    else:
        what = "One of its items was last touched"
        rests = has_rested(what, facts.last_touch, policy.idle_after_working_days, calendar, now)
    return (Condition(f"It has {opened}; {needed(1)}.", facts.open_items > 0), rests)


def tell(telling: Telling) -> Text:
    """Say how long, and ask what it waits for."""
    name = f"“{telling.name(telling.draft.subjects[0])}”"
    rests = texts.working_days(telling.working_days())
    items = telling.value("open-items")
    open_items = texts.counted(items, "open item")
    return Text(
        title=texts.title(texts.way(f"{{}}: no work for {rests}.", telling.named(telling.draft.subjects[0]))),
        why=f"Last touched {telling.at('last-touch')}; {open_items} still "
        f"{'serves' if items == 1 else 'serve'} it, and none of its items has moved since.",
        question=f"What does {name} wait for, and is it still what we want now?",
        clears_when="Clears when somebody touches any of its items, or none of them is open.",
    )


RULE: Final = Rule(NAME, (ObjectiveFacts,), IdlePolicy, judge, tell, conditions)
