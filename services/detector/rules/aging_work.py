"""An item has been in progress for longer than most of what its team finished of late.

Severity: medium.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from schemas.work_items import ItemType, StatusCategory
from services.detector import texts
from services.detector.conditions import MOMENT, named, of_others, standing, to_come
from services.detector.context import Context, PolicyFields
from services.detector.facts import ItemFacts, ItemNeighbourhood
from services.detector.fingerprint import fingerprint
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.severity import has_come
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "aging-work"


class AgingPolicy(PolicyFields):
    """From how much finished work on a team's pace can be told."""

    aging_min_finished: Annotated[
        int,
        Field(ge=1, description="With fewer finished in 90 days, pace is unknown. Unit: items. Source: P85 of eleven."),
    ] = 11


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold a finding while the item is in progress for longer than 85 % of what its team finished in 90 days.

    Sub-tasks and epics last as long as what they are part of, so they are neither counted nor told of.
    """
    item = facts.item
    if not _can_age(item):
        return NOTHING
    if item.is_missing:
        return Verdict(unknown=frozenset({fingerprint(NAME, (item.ref,))}))
    policy = context.policy(AgingPolicy, item.team, item.objective)
    if not item.is_open or item.started is None or facts.pace.percentile is None:
        return NOTHING
    if facts.pace.finished < policy.aging_min_finished:
        return NOTHING
    aged_from = item.started + facts.pace.percentile + MOMENT
    if not has_come(aged_from, now):
        return Verdict(check_after=aged_from)
    draft = Draft(
        rule=NAME,
        subjects=(item.ref,),
        severity=Severity.MEDIUM,
        team=item.team,
        objective=item.objective,
        since=item.started,
        evidence=(
            Evidence(fact="started", ref=item.ref, at=item.started),
            Evidence(fact="pace-seconds", value=facts.pace.percentile.total_seconds()),
            Evidence(fact="finished-items", value=facts.pace.finished),
            *((Evidence(fact="seen-from", at=facts.seen_from),) if facts.seen_from else ()),
        ),
    )
    return Verdict((draft,))


def _can_age(item: ItemFacts) -> bool:
    is_counted = item.type is not ItemType.SUBTASK and item.type is not ItemType.EPIC
    return is_counted and item.status_category is StatusCategory.IN_PROGRESS


def watches(item: ItemFacts) -> bool:
    """Only work in progress ages."""
    return item.is_open and _can_age(item)


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """The item is in progress, the team's pace is known, and the item is slower."""
    item, pace = facts.item, facts.pace
    if subjects != (item.ref,):
        return of_others(subjects, (item.ref,))
    name, needed = named(item), context.policy(AgingPolicy, item.team, item.objective).aging_min_finished
    finished = f"{context.team(item.team).name} finished {texts.counted(pace.finished, 'item')} in the last 90 days"
    first = (
        Condition(
            f"{name} ({item.type}) is {standing(item)}; work in progress ages, sub-tasks and epics aside.",
            watches(item),
        ),
        Condition(f"{finished}; {needed} are needed.", pace.finished >= needed and pace.percentile is not None),
    )
    if item.started is None:
        return *first, Condition(f"Nobody told when {name} was begun; that is needed.", holds=False)
    if pace.percentile is None:
        return first
    aged_from = item.started + pace.percentile + MOMENT
    lasts = f"{name} was begun {texts.lasting(now - item.started)} ago"
    says = f"{lasts}; longer than {texts.lasting(pace.percentile)} is needed."
    return *first, Condition(says, aged_from <= now, to_come(aged_from, now))


def tell(telling: Telling) -> Text:
    """Set its time beside the usual one, and ask what would help."""
    (ref,) = telling.draft.subjects
    name, team = telling.name(ref), telling.team_name
    started = telling.find("started", ref)
    lasts = texts.lasting(telling.now - started.at) if started and started.at else ""
    usual = texts.lasting(timedelta(seconds=telling.value("pace-seconds")))
    finished = texts.counted(telling.value("finished-items"), "item")
    return Text(
        title=texts.title(texts.way(f"{{}} has been in progress for {lasts}.", telling.named(ref))),
        why=f"Begun {telling.at('started', ref)}{telling.as_seen()}; 85 % of the {finished} that {team} finished "
        f"in the last 90 days took at most {usual}.",
        question=f"What makes {name} take longer, and could a part of it be finished first?",
        clears_when=f"Clears when {name} is done or goes back to be done later, or when {team} usually takes as long.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), AgingPolicy, judge, tell, conditions, watches)
