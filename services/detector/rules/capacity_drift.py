"""A category of work or a bet takes another share of everybody's days than the strategy means it to.

Severity: medium; high from `capacity_high_points`.
"""

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import of_others, to_come
from services.detector.context import Context, PolicyFields, ShareContext
from services.detector.facts import CapacityFacts
from services.detector.group_conditions import limit, needed, points
from services.detector.progress import exact
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.seen import in_words, seen
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "capacity-drift"
_PLACES: Final = 6
"""Item-days are sums of shares of days: what lies beyond a millionth comes from adding them up."""


class CapacityPolicy(PolicyFields):
    """How far a share may be from what is meant."""

    capacity_drift_points: Annotated[
        float,
        Field(ge=0, le=1, description="More than this is drift. Unit: share of item-days. Source: half a day a week."),
    ] = 0.10
    capacity_high_points: Annotated[
        float,
        Field(ge=0, le=1, description="From here on it weighs high. Unit: share of item-days. Source: a day a week."),
    ] = 0.20
    capacity_min_item_days: Annotated[
        float,
        Field(gt=0, description="With fewer, a share says little. Unit: item-days. Source: half a month of a person."),
    ] = 10


def judge(facts: CapacityFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding while the share of the last 28 days is too far outside of what is meant."""
    meant = _meant(context, facts.subject)
    if meant is None:
        return NOTHING
    policy = context.policy(CapacityPolicy)
    lapses = next_check(now, (facts.lapses,))
    distance = _distance(facts, meant)
    if _whole(facts) < policy.capacity_min_item_days or distance <= exact(policy.capacity_drift_points):
        return Verdict(check_after=lapses)
    draft = Draft(
        rule=NAME,
        subjects=(facts.subject,),
        severity=Severity.HIGH if distance >= exact(policy.capacity_high_points) else Severity.MEDIUM,
        team=None,
        objective=None,
        since=None,
        evidence=(
            Evidence(fact="item-days", ref=facts.subject, value=round(facts.item_days, _PLACES)),
            Evidence(fact="all-item-days", value=_whole(facts)),
            Evidence(fact="meant", ref=facts.subject, value=[meant.low, meant.high]),
            *seen(facts.subject, facts.seen_from),
        ),
    )
    return Verdict((draft,), lapses)


def _meant(context: Context, subject: str) -> ShareContext | None:
    return next((share for share in context.shares if share.ref == subject), None)


def _whole(facts: CapacityFacts) -> float:
    return round(facts.total, _PLACES)


def _distance(facts: CapacityFacts, meant: ShareContext) -> Fraction:
    """Return how far the share is from the nearer end of what is meant; 0 or less within, and where nobody worked."""
    if _whole(facts) <= 0:
        return Fraction(0)
    share = exact(round(facts.item_days, _PLACES)) / exact(_whole(facts))
    return max(exact(meant.low) - share, share - exact(meant.high))


def conditions(
    facts: CapacityFacts, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """A share is meant, enough was worked, and the share is too far from it."""
    if subjects != (facts.subject,):
        return of_others(subjects, (facts.subject,))
    meant = _meant(context, facts.subject)
    if meant is None:
        return (Condition(f"The strategy means no share for {facts.subject}.", holds=False),)
    policy = context.policy(CapacityPolicy)
    lapses, distance = to_come(facts.lapses, now), _distance(facts, meant)
    takes = _takes(facts.item_days, facts.total)
    return (
        Condition(
            f"The last 4 weeks had {_days(facts.total)} item-days; {needed(policy.capacity_min_item_days)}.",
            _whole(facts) >= policy.capacity_min_item_days,
            lapses,
        ),
        Condition(
            f"{takes}; {_range(meant.low, meant.high)} is meant, and it counts from more than "
            f"{points(policy.capacity_drift_points)} outside of that.",
            distance > exact(policy.capacity_drift_points),
            lapses,
        ),
    )


def _takes(item_days: float, total: float) -> str:
    share = f" ({texts.percent(item_days / total)})" if total > 0 else ""
    return f"It took {_days(item_days)} of {_days(total)} item-days in the last 4 weeks{share}"


def _days(value: float) -> str:
    return f"{round(value, 1):,g}"


def _range(low: float, high: float) -> str:
    return limit(high) if low == high else f"{low * 100:.10g} to {limit(high)}"


def tell(telling: Telling) -> Text:
    """Say what it takes and what is meant, and ask which of the two should change."""
    (ref,) = telling.draft.subjects
    item_days, total = telling.value("item-days"), telling.value("all-item-days")
    meant = _range(*telling.value("meant"))
    policy = telling.context.policy(CapacityPolicy)
    takes = texts.percent(item_days / total)
    return Text(
        title=texts.title(
            texts.way(f"{{}} takes {takes} of capacity; {meant} is meant.", telling.named(ref)),
            texts.way(f"{{}}: {takes} of capacity, meant {meant}.", telling.named(ref)),
        ),
        why=f"{_takes(item_days, total)}; {meant} is meant. A working day of one person is one item-day."
        f"{in_words(telling)}",
        question="Which should change, the work or the share that is meant, and what would that take?",
        clears_when="Clears when its share of 4 weeks is at most "
        f"{points(policy.capacity_drift_points)} outside of what is meant.",
    )


RULE: Final = Rule(NAME, (CapacityFacts,), CapacityPolicy, judge, tell, conditions)
