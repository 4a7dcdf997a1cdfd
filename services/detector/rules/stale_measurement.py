"""Nobody has measured a key result for two of its cadences.

Severity: medium.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import to_come
from services.detector.context import Context, KeyResultContext, PolicyFields
from services.detector.facts import KeyResultFacts
from services.detector.group_conditions import not_judged
from services.detector.progress import amount_of, clock_of, key_result_ref, measured_by, measuring
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.severity import has_come
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "stale-measurement"


class StaleMeasurementPolicy(PolicyFields):
    """How long a key result may go unmeasured."""

    stale_measurement_cadences: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="Unmeasured so long is stale. Unit: cadences. Source: one may be missed, two are not.",
        ),
    ] = 2


def judge(facts: KeyResultFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding from two cadences after the latest measurement, else after the cycle's start, until its due.

    The cycle's start and the end of the due day are those of the zone of the objective's team, a cadence so many days
    of 24 hours. The latest measurement may be one from before the cycle.
    """
    key_result = context.key_result(facts.objective, facts.key_result)
    if key_result is None:
        return NOTHING
    since, stale_from = _moments(facts, key_result, context, now)
    end = clock_of(key_result, context).end
    if has_come(end, now) or stale_from >= end:
        return NOTHING
    if not has_come(stale_from, now):
        return Verdict(check_after=next_check(now, (stale_from, *measuring(facts))))
    draft = _draft(facts, key_result, since, context, now)
    return Verdict((draft,), next_check(now, (end, *measuring(facts))))


def _moments(
    facts: KeyResultFacts, key_result: KeyResultContext, context: Context, now: datetime
) -> tuple[datetime, datetime]:
    """Return since when nothing was measured, and from when on that is too long."""
    objective, start = context.objectives[key_result.objective], clock_of(key_result, context).start
    policy = context.policy(StaleMeasurementPolicy, objective.team, objective.id)
    known = measured_by(facts, now)
    since = known[-1].at if known else start
    return since, max(start, since + policy.stale_measurement_cadences * timedelta(days=key_result.cadence_days))


def _draft(
    facts: KeyResultFacts, key_result: KeyResultContext, since: datetime, context: Context, now: datetime
) -> Draft:
    ref, known = key_result.ref, measured_by(facts, now)
    latest = (Evidence(fact="measured", ref=ref, at=since, value=known[-1].value),) if known else ()
    unit = (Evidence(fact="unit", ref=ref, value=key_result.unit),) if key_result.unit else ()
    return Draft(
        rule=NAME,
        subjects=(ref,),
        severity=Severity.MEDIUM,
        team=context.objectives[key_result.objective].team,
        objective=key_result.objective,
        since=since,
        evidence=(*latest, *unit, Evidence(fact="cadence-days", ref=ref, value=key_result.cadence_days)),
    )


def conditions(
    facts: KeyResultFacts, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """It is still time to measure, and the latest measurement is too long ago."""
    ref, key_result = key_result_ref(facts), context.key_result(facts.objective, facts.key_result)
    if subjects != (ref,) or key_result is None:
        return not_judged(subjects, ref)
    objective, clock = context.objectives[key_result.objective], clock_of(key_result, context)
    policy, calendar = (
        context.policy(StaleMeasurementPolicy, objective.team, objective.id),
        context.calendar(objective.team),
    )
    since, stale_from = _moments(facts, key_result, context, now)
    today = calendar.date_of(now)
    from_, due = texts.day(context.cycle.starts_on, today), texts.day(key_result.due, today)
    needed = texts.counted(policy.stale_measurement_cadences * key_result.cadence_days, "day")
    last = "It was last measured" if measured_by(facts, now) else "It was not measured yet, and the cycle began"
    ago = texts.lasting(max(now - since, timedelta(0)))
    return (
        Condition(
            f"It is to be measured from {from_} to {due}; today is {texts.day(today, today)}.",
            clock.start <= now < clock.end,
            next_check(now, (clock.start, clock.end)),
        ),
        Condition(
            f"{last} {ago} ago; it counts from {needed} on.",
            has_come(stale_from, now),
            next_check(now, (to_come(stale_from, now), *measuring(facts))),
        ),
    )


def tell(telling: Telling) -> Text:
    """Say for how long, and ask what would make it easy to measure."""
    cadence, since = telling.value("cadence-days"), telling.draft.since or telling.now
    days = texts.counted(max((telling.now - since).days, 0), "day")
    every = "every day" if cadence == 1 else f"every {cadence} days"
    last = telling.at("measured")
    measured = (
        f"Last measured {last}, at {amount_of(telling, 'measured')}" if last else "Not measured in this cycle yet"
    )
    return Text(
        title=texts.title(texts.way(f"{{}}: not measured for {days}.", telling.named(telling.draft.subjects[0]))),
        why=f"{measured}; it is meant to be measured {every}.",
        question="What would make it easier to measure, or what could be measured in its place?",
        clears_when="Clears when it is measured, or when its due has passed.",
    )


RULE: Final = Rule(NAME, (KeyResultFacts,), StaleMeasurementPolicy, judge, tell, conditions)
