"""An item is in progress, nothing blocks it, and nobody has touched it for a working week.

Severity: medium; high from `stale_high_after_days`.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from schemas.work_items import StatusCategory
from services.detector import texts
from services.detector.conditions import has_rested, named, of_others, standing
from services.detector.context import Context, PolicyFields
from services.detector.dependencies import is_live
from services.detector.facts import ItemFacts, ItemNeighbourhood
from services.detector.fingerprint import fingerprint
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.severity import has_come
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "stale-work"


class StalePolicy(PolicyFields):
    """How long work in progress may rest."""

    stale_after_working_days: Annotated[
        int,
        Field(ge=1, description="Work untouched so long is stale. Unit: working days. Source: one working week."),
    ] = 5
    stale_high_after_days: Annotated[
        int,
        Field(
            ge=1,
            le=36_500,
            description="From then on it weighs high. Unit: full days of 24 hours. Source: half a quarter.",
        ),
    ] = 45


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold a finding while the item is in progress, waits on no live blocker, and rests."""
    item = facts.item
    if item.status_category is not StatusCategory.IN_PROGRESS:
        return NOTHING
    if item.is_missing:
        return Verdict(unknown=frozenset({fingerprint(NAME, (item.ref,))}))
    if not item.is_open or any(is_live(blocker, item) for blocker in facts.blockers):
        return NOTHING
    policy = context.policy(StalePolicy, item.team, item.objective)
    stale_from = context.calendar(item.team).reaches(item.touched, policy.stale_after_working_days)
    if not has_come(stale_from, now):
        return Verdict(check_after=stale_from)
    high_from = item.touched + timedelta(days=policy.stale_high_after_days)
    draft = Draft(
        rule=NAME,
        subjects=(item.ref,),
        severity=Severity.HIGH if has_come(high_from, now) else Severity.MEDIUM,
        team=item.team,
        objective=item.objective,
        since=item.touched,
        evidence=(Evidence(fact="last-touch", ref=item.ref, at=item.touched),),
    )
    return Verdict((draft,), next_check(now, (high_from,)))


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """The item is in progress, waits on no live blocker, and has rested for long enough."""
    item = facts.item
    if subjects != (item.ref,):
        return of_others(subjects, (item.ref,))
    waits_on = sum(is_live(blocker, item) for blocker in facts.blockers)
    needed = context.policy(StalePolicy, item.team, item.objective).stale_after_working_days
    return (
        Condition(f"{named(item)} is {standing(item)}; it has to be in progress.", watches(item)),
        Condition(
            f"{named(item)} waits on {texts.counted(waits_on, 'open item')}; it must wait on none.", not waits_on
        ),
        has_rested(f"{named(item)} was last touched", item.touched, needed, context.calendar(item.team), now),
    )


def watches(item: ItemFacts) -> bool:
    """Only work in progress is stale."""
    return item.is_open and item.status_category is StatusCategory.IN_PROGRESS


def tell(telling: Telling) -> Text:
    """Say how long it has rested, and ask what would help."""
    (ref,) = telling.draft.subjects
    name = telling.name(ref)
    rests = texts.working_days(telling.working_days())
    return Text(
        title=texts.title(texts.way(f"{{}} is in progress, untouched for {rests}.", telling.named(ref))),
        why=f"Last touched {telling.at('last-touch')}; it is in progress and waits on nothing that is open.",
        question=f"What would help {name} along, or should it make room for something else?",
        clears_when=f"Clears when somebody touches {name}, when it is done, or when it goes back to be done later.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), StalePolicy, judge, tell, conditions, watches)
