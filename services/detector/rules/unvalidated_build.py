"""Building of an epic has begun, and no discovery that belongs to it was delivered before.

Severity: low.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from schemas.findings import Evidence, Severity
from schemas.work_items import ItemType, StatusCategory
from services.detector import texts
from services.detector.conditions import is_open, named, of_others
from services.detector.context import Context, PolicyFields
from services.detector.facts import EpicFacts, ItemFacts, ItemNeighbourhood
from services.detector.fingerprint import fingerprint
from services.detector.marking import bears, unusual
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.rules.scope_growth import ScopePolicy, is_cancelled
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "unvalidated-build"


class DiscoveryPolicy(PolicyFields):
    """Which items find out what is worth building."""

    discovery_labels: Annotated[
        tuple[str, ...],
        Field(description="Labels of discovery, in any case. Unit: names. Source: the word itself."),
    ] = ("discovery",)
    discovery_types: Annotated[
        tuple[str, ...],
        AfterValidator(unusual),
        Field(description="The tracker's types of discovery, in any case. Unit: names. Source: usual in Jira."),
    ] = ("Discovery", "Research", "Spike")


def is_discovery(item: ItemFacts, policy: DiscoveryPolicy) -> bool:
    """Tell whether the policy calls this item discovery, by a label or by its type."""
    return bears(item, policy.discovery_labels, policy.discovery_types)


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding on an open epic that is being built, while no discovery was delivered by the time this began.

    Built is what is in progress and no discovery: children, or the epic itself if it has none. Of those whose beginning
    nobody told, all that is delivered by now came before.
    """
    epic, around = facts.item, facts.epic
    if epic.type is not ItemType.EPIC or around is None or epic.is_done:
        return NOTHING
    if epic.is_missing:
        return _unknown(epic)
    if not epic.is_open:
        return NOTHING
    policy = context.policy(DiscoveryPolicy, epic.team, epic.objective)
    building = _building(epic, around, policy)
    if not building and any(_may_build(one, policy) for one in around.children):
        return _unknown(epic)
    return _judge_built(epic, building, _discoveries(around, policy), context) if building else NOTHING


def _judge_built(
    epic: ItemFacts, building: Sequence[ItemFacts], found: Sequence[ItemFacts], context: Context
) -> Verdict:
    first = _first(building)
    if any(_came_before(one, first, _cancelled(epic, context)) for one in found):
        return NOTHING
    if any(one.is_missing and not one.is_done for one in found):
        return _unknown(epic)
    draft = Draft(
        rule=NAME,
        subjects=(epic.ref,),
        severity=Severity.LOW,
        team=epic.team,
        objective=epic.objective,
        since=first.started,
        evidence=(
            Evidence(fact="build-begun", ref=first.ref, at=first.started, value=named(first)),
            Evidence(fact="in-progress", ref=epic.ref, value=len(building)),
            *(Evidence(fact="discovery", ref=one.ref, at=one.done, value=named(one)) for one in found),
        ),
    )
    return Verdict((draft,))


def _unknown(epic: ItemFacts) -> Verdict:
    return Verdict(unknown=frozenset({fingerprint(NAME, (epic.ref,))}))


def _building(epic: ItemFacts, around: EpicFacts, policy: DiscoveryPolicy) -> list[ItemFacts]:
    work = around.children or (epic,)
    return [
        one
        for one in work
        if one.is_open and one.status_category is StatusCategory.IN_PROGRESS and not is_discovery(one, policy)
    ]


def _may_build(one: ItemFacts, policy: DiscoveryPolicy) -> bool:
    """Tell whether this was being built when it was seen last."""
    is_begun = one.status_category is StatusCategory.IN_PROGRESS
    return one.is_missing and is_begun and not is_discovery(one, policy)


def _first(building: Sequence[ItemFacts]) -> ItemFacts:
    """Return what was begun first; what nobody told the beginning of comes last."""
    return min(building, key=lambda one: (one.started is None, one.started or one.created, one.ref))


def _discoveries(around: EpicFacts, policy: DiscoveryPolicy) -> list[ItemFacts]:
    every = {one.ref: one for one in (*around.children, *around.linked) if is_discovery(one, policy)}
    return [every[ref] for ref in sorted(every)]


def _cancelled(epic: ItemFacts, context: Context) -> tuple[str, ...]:
    return context.policy(ScopePolicy, epic.team, epic.objective).cancelled_resolutions


def _came_before(one: ItemFacts, first: ItemFacts, cancelled: tuple[str, ...]) -> bool:
    """Tell whether this was delivered by the time the first was begun."""
    if not one.is_done or (one.resolution is None and one.resolution_name is None) or is_cancelled(one, cancelled):
        return False
    return first.started is None or (one.done or one.touched) <= first.started


def watches(item: ItemFacts) -> bool:
    """Only an open epic is built."""
    return item.is_open and item.type is ItemType.EPIC


def conditions(
    facts: ItemNeighbourhood,
    context: Context,
    now: datetime,
    subjects: tuple[str, ...],
) -> tuple[Condition, ...]:
    """The epic is open, is being built, and no discovery was delivered before."""
    epic, around = facts.item, facts.epic
    if subjects != (epic.ref,):
        return of_others(subjects, (epic.ref,))
    first = (Condition(f"{named(epic)} is of type {epic.type}; an epic is asked.", epic.type is ItemType.EPIC),)
    if around is None:
        return *first, Condition(f"Nothing is known of the children of {named(epic)}; it has to be.", holds=False)
    policy = context.policy(DiscoveryPolicy, epic.team, epic.objective)
    building = _building(epic, around, policy)
    children = texts.counted(len(around.children), "child", "children")
    built = (
        f"{named(epic)} has {children}; {texts.counted(len(building), 'item')} of building in progress, 1 is needed."
    )
    told = *first, is_open(epic), Condition(built, bool(building))
    if not building:
        return told
    found = _discoveries(around, policy)
    before = sum(_came_before(one, _first(building), _cancelled(epic, context)) for one in found)
    unseen = sum(one.is_missing and not one.is_done for one in found)
    day = context.calendar(epic.team).date_of(_first(building).started or now)
    says = f"Of {texts.counted(len(found), 'discovery', 'discoveries')} {before} were delivered by {day}"
    says += f" and {unseen} are out of sight; 0 of both are needed."
    return *told, Condition(says, not before and not unseen)


def tell(telling: Telling) -> Text:
    """Say what is being built and what was found out before, and ask what is known."""
    (ref,) = telling.draft.subjects
    name = telling.name(ref)
    begun = telling.at("build-begun")
    since = f" since {begun}" if begun else ""
    count = texts.counted(telling.value("in-progress"), "item")
    found = [evidence.value for evidence in telling.draft.evidence if evidence.fact == "discovery"]
    known = f"{texts.listed(found)} {'was' if len(found) == 1 else 'were'} not delivered before"
    if not found:
        known = "no discovery is linked to it"
    return Text(
        title=texts.title(texts.way("{} is being built without a discovery before.", telling.named(ref))),
        why=f"{count} of building in progress{since}, first {telling.value('build-begun')}; {known}.",
        question=f"What do we know of the need for {name}, and where could others read it?",
        clears_when=f"Clears when a discovery delivered before is linked to {name}, or nothing of it is in progress.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), DiscoveryPolicy, judge, tell, conditions, watches)
