"""A key result is further behind than the time that is gone allows.

Severity: medium; high from `pace_high_points`.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import to_come
from services.detector.context import Context, KeyResultContext, PolicyFields
from services.detector.facts import KeyResultFacts, Measured
from services.detector.group_conditions import not_judged, points
from services.detector.progress import (
    Way,
    amount,
    amount_of,
    clock_evidence,
    clock_of,
    clock_told,
    exact,
    key_result_ref,
    measured_by,
    measuring,
    way_evidence,
    way_of,
)
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.severity import has_come
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "off-pace"


class PacePolicy(PolicyFields):
    """How far a key result may lag behind the time that is gone."""

    pace_points: Annotated[
        float,
        Field(ge=0, lt=1, description="More than this is behind. Unit: share of the way. Source: half of high."),
    ] = 0.165
    pace_high_points: Annotated[
        float,
        Field(
            gt=0, le=1, description="From here on it weighs high. Unit: share of the way. Source: a month a quarter."
        ),
    ] = 0.33


def judge(facts: KeyResultFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding while the latest measurement lags too far; it asks again at the instant at which it would.

    What is gone of the way counts from baseline to target, what is gone of the time from the cycle's first day to the
    end of the due day. Without a measurement, a baseline or a target it cannot be told, so there is none.
    """
    key_result = context.key_result(facts.objective, facts.key_result)
    way = None if key_result is None else way_of(key_result)
    if key_result is None or way is None:
        return NOTHING
    known, later = measured_by(facts, now), measuring(facts)
    if not known:
        return Verdict(check_after=next_check(now, later))
    behind_from, high_from = _moments(key_result, way, known[-1], context)
    if not has_come(behind_from, now):
        return Verdict(check_after=next_check(now, (behind_from, *later)))
    severity = Severity.HIGH if has_come(high_from, now) else Severity.MEDIUM
    draft = _draft(key_result, known[-1], severity, context)
    return Verdict((draft,), next_check(now, (high_from, *later)))


def _moments(
    key_result: KeyResultContext, way: Way, latest: Measured, context: Context
) -> tuple[datetime | None, datetime | None]:
    """Return from when on it is behind, and from when on by so much that it weighs high, if nothing is measured."""
    objective = context.objectives[key_result.objective]
    policy = context.policy(PacePolicy, objective.team, objective.id)
    clock, gone = clock_of(key_result, context), way.gone(latest.value)
    return clock.exceeds(gone + exact(policy.pace_points)), clock.reaches(gone + exact(policy.pace_high_points))


def _draft(key_result: KeyResultContext, latest: Measured, severity: Severity, context: Context) -> Draft:
    ref = key_result.ref
    return Draft(
        rule=NAME,
        subjects=(ref,),
        severity=severity,
        team=context.objectives[key_result.objective].team,
        objective=key_result.objective,
        since=None,
        evidence=(
            Evidence(fact="measured", ref=ref, at=latest.at, value=latest.value),
            *way_evidence(key_result),
            *clock_evidence(key_result, context),
        ),
    )


def conditions(
    facts: KeyResultFacts, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """It has a way, it was measured, and it is far enough behind."""
    ref, key_result = key_result_ref(facts), context.key_result(facts.objective, facts.key_result)
    if subjects != (ref,) or key_result is None:
        return not_judged(subjects, ref)
    way, known = way_of(key_result), measured_by(facts, now)
    later = next_check(now, measuring(facts))
    measured = Condition(f"It was measured {texts.counted(len(known), 'time')}; 1 is needed.", bool(known), later)
    if way is None:
        says = "A baseline and another number as its target are needed; it has "
        return (Condition(f"{says}{key_result.baseline} and {key_result.target}.", holds=False), measured)
    ends = f"{amount(key_result.baseline or 0, key_result.unit)} to {amount(key_result.target or 0, key_result.unit)}"
    has_way = Condition(f"Its way is from {ends}.", holds=True)
    return (has_way, measured, *([_lags(facts, key_result, way, context, now)] if known else []))


def _lags(facts: KeyResultFacts, key_result: KeyResultContext, way: Way, context: Context, now: datetime) -> Condition:
    objective, latest = context.objectives[key_result.objective], measured_by(facts, now)[-1]
    policy = context.policy(PacePolicy, objective.team, objective.id)
    behind_from, _ = _moments(key_result, way, latest, context)
    gone, time_gone = way.gone(latest.value), clock_of(key_result, context).gone(now)
    behind = max(float(time_gone - gone) * 100, 0)
    return Condition(
        f"{texts.percent(float(gone))} of its way and {texts.percent(float(time_gone))} of its time are gone, so it is "
        f"{behind:.1f} points behind; it counts from more than {points(policy.pace_points)} on.",
        has_come(behind_from, now),
        next_check(now, (to_come(behind_from, now), *measuring(facts))),
    )


def tell(telling: Telling) -> Text:
    """Give the way and the time that are gone, and ask what would move it."""
    way = Way(exact(telling.value("baseline")), exact(telling.value("target")))
    gone = way.gone(telling.value("measured"))
    time_gone = clock_told(telling).gone(telling.now)
    behind = f"{int((time_gone - gone) * 100)} points behind its pace."
    return Text(
        title=texts.title(texts.way(f"{{}} is {behind}", telling.named(telling.draft.subjects[0]))),
        why=f"Measured {telling.at('measured')}: {amount_of(telling, 'measured')}, "
        f"{texts.percent(float(gone))} of the way from {amount_of(telling, 'baseline')} to "
        f"{amount_of(telling, 'target')}; {texts.percent(float(time_gone))} of the time until "
        f"{telling.on(telling.value('time-ends'))} is gone.",
        question="What has moved it so far, and what would move it more, or is another target right?",
        clears_when="Clears when a measurement is nearer to its pace, or when its target or its due changes.",
    )


RULE: Final = Rule(NAME, (KeyResultFacts,), PacePolicy, judge, tell, conditions)
