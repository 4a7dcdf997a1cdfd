"""Much was delivered for an objective, and its key result has hardly moved.

Severity: high.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.context import Context, KeyResultContext, PolicyFields
from services.detector.facts import KeyResultFacts, Measured
from services.detector.group_conditions import limit, needed, not_judged
from services.detector.progress import (
    Way,
    amount,
    amount_of,
    exact,
    key_result_ref,
    measured_by,
    measuring,
    way_evidence,
    way_of,
)
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "output-without-outcome"
WINDOW: Final = timedelta(days=28)
OUTCOME: Final = "outcome"


class OutcomePolicy(PolicyFields):
    """How much work ought to show, and how far."""

    outcome_min_delivered: Annotated[
        int,
        Field(ge=1, description="So much delivered ought to show. Unit: items in 4 weeks. Source: more than 1 a week."),
    ] = 5
    outcome_moved_share: Annotated[
        float,
        Field(
            ge=0, le=1, description="Less than this is no move. Unit: share of the way. Source: half of a fair month."
        ),
    ] = 0.05


def judge(facts: KeyResultFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding while enough was delivered, long enough ago to show, and the key result has moved too little.

    The window is of 28 days of 24 hours: what was delivered at t counts from t and the lag on, for 28 days. The key
    result moves from the last measurement before its own last 28 days to the latest one in them; where either is
    missing nobody measured what came of the work, so it cannot be told.
    """
    key_result = context.key_result(facts.objective, facts.key_result)
    way = None if key_result is None else way_of(key_result)
    if key_result is None or way is None or key_result.kind != OUTCOME:
        return NOTHING
    objective = context.objectives[key_result.objective]
    policy = context.policy(OutcomePolicy, objective.team, objective.id)
    again = _again(facts, key_result, now)
    delivered, ends = _delivered(facts, key_result, now), _ends(facts, now)
    if delivered < policy.outcome_min_delivered or ends is None:
        return Verdict(check_after=again)
    if way.moved(ends[0].value, ends[1].value) >= exact(policy.outcome_moved_share):
        return Verdict(check_after=again)
    ref = key_result.ref
    draft = Draft(
        rule=NAME,
        subjects=(ref,),
        severity=Severity.HIGH,
        team=objective.team,
        objective=objective.id,
        since=None,
        evidence=(
            Evidence(fact="delivered", ref=ref, value=delivered),
            Evidence(fact="lag-days", ref=ref, value=key_result.lag_days),
            Evidence(fact="measured-first", ref=ref, at=ends[0].at, value=ends[0].value),
            Evidence(fact="measured-last", ref=ref, at=ends[1].at, value=ends[1].value),
            *way_evidence(key_result),
        ),
    )
    return Verdict((draft,), again)


def _delivered(facts: KeyResultFacts, key_result: KeyResultContext, now: datetime) -> int:
    shown = now - timedelta(days=key_result.lag_days)
    return sum(timedelta(0) <= shown - moment < WINDOW for moment in facts.delivered)


def _ends(facts: KeyResultFacts, now: datetime) -> tuple[Measured, Measured] | None:
    """Return the two measurements between which it moved; none where there are no two."""
    known = measured_by(facts, now)
    inside = [one for one in known if now - one.at < WINDOW]
    before = known[: len(known) - len(inside)]
    return (before[-1], inside[-1]) if before and inside else None


def _again(facts: KeyResultFacts, key_result: KeyResultContext, now: datetime) -> datetime | None:
    """Return when the next measurement or delivered item enters or leaves its window."""
    lag = timedelta(days=key_result.lag_days)
    entering = [*measuring(facts), *(moment + lag for moment in facts.delivered)]
    return next_check(now, (*entering, *(moment + WINDOW for moment in entering)))


def conditions(
    facts: KeyResultFacts, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """It is an outcome with a way, enough was delivered, and what was measured has moved too little."""
    ref, key_result = key_result_ref(facts), context.key_result(facts.objective, facts.key_result)
    if subjects != (ref,) or key_result is None:
        return not_judged(subjects, ref)
    objective = context.objectives[key_result.objective]
    policy = context.policy(OutcomePolicy, objective.team, objective.id)
    again, delivered = _again(facts, key_result, now), _delivered(facts, key_result, now)
    items, lag = texts.counted(delivered, "item"), texts.counted(key_result.lag_days, "day")
    return (
        Condition(f"It is of the kind {key_result.kind}; {OUTCOME} is needed.", key_result.kind == OUTCOME),
        Condition(
            f"Its baseline is {key_result.baseline} and its target {key_result.target}; two numbers are needed.",
            way_of(key_result) is not None,
        ),
        Condition(
            f"{items} of its objective were delivered in 4 weeks, which ended {lag} ago; "
            f"{needed(policy.outcome_min_delivered)}.",
            delivered >= policy.outcome_min_delivered,
            again,
        ),
        *_moved(facts, key_result, policy, now),
    )


def _moved(
    facts: KeyResultFacts, key_result: KeyResultContext, policy: OutcomePolicy, now: datetime
) -> Iterator[Condition]:
    again, way, ends = _again(facts, key_result, now), way_of(key_result), _ends(facts, now)
    if ends is None:
        count = texts.counted(len(measured_by(facts, now)), "time")
        says = f"It was measured {count}; one measurement in the last 4 weeks and one before are needed."
        yield Condition(says, holds=False, changes_at=again)
    elif way is not None:
        moved = way.moved(ends[0].value, ends[1].value)
        from_, to = (amount(one.value, key_result.unit) for one in ends)
        yield Condition(
            f"It went from {from_} to {to} in 4 weeks, {_of_the_way(moved)}; "
            f"it counts below {limit(policy.outcome_moved_share)}.",
            moved < exact(policy.outcome_moved_share),
            again,
        )


def _of_the_way(moved: Fraction) -> str:
    """Return "2 % of its way" or "2 % of its way back"; what is not whole is rounded towards 0."""
    share = texts.percent(float(abs(moved)))
    return f"{share} of its way back" if moved < 0 else f"{share} of its way"


def tell(telling: Telling) -> Text:
    """Give both, and ask what users have of it."""
    way = Way(exact(telling.value("baseline")), exact(telling.value("target")))
    moved = _of_the_way(way.moved(telling.value("measured-first"), telling.value("measured-last")))
    items = texts.counted(telling.value("delivered"), "item")
    lag = timedelta(days=telling.value("lag-days"))
    weeks = f"In the 4 weeks up to {telling.day(telling.now - lag)}" if lag else "In the last 4 weeks"
    return Text(
        title=texts.title(
            texts.way(f"{items} delivered, {{}} hardly moved.", telling.named(telling.draft.subjects[0]))
        ),
        why=f"{weeks} {items} of its objective came out; it went from {amount_of(telling, 'measured-first')} "
        f"({telling.at('measured-first')}) to {amount_of(telling, 'measured-last')} ({telling.at('measured-last')}), "
        f"{moved} from {amount_of(telling, 'baseline')} to {amount_of(telling, 'target')}.",
        question="What do people have of these items that does not show yet, or what else would move it?",
        clears_when="Clears when it moves further within 4 weeks, or when less is delivered without that.",
    )


RULE: Final = Rule(NAME, (KeyResultFacts,), OutcomePolicy, judge, tell, conditions)
