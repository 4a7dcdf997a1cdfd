"""An item that asks for a decision is still open.

Severity: high; raised if a due is near or past.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import has_rested, is_open, named, of_others
from services.detector.context import Context
from services.detector.facts import ItemFacts, ItemNeighbourhood
from services.detector.fingerprint import fingerprint
from services.detector.marking import bears, is_marked, unusual
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.severity import DueSoonPolicy, Reason, due_soon_from, has_come, raised
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "decision-waiting"


class DecisionPolicy(DueSoonPolicy):
    """Which items ask for a decision, and how long one may take."""

    decision_labels: Annotated[
        tuple[str, ...],
        Field(description="Labels of a decision, in any case. Unit: names. Source: the word itself."),
    ] = ("decision",)
    decision_types: Annotated[
        tuple[str, ...],
        AfterValidator(unusual),
        Field(description="The tracker's types of a decision, in any case. Unit: names. Source: the word itself."),
    ] = ("Decision",)
    decision_after_working_days: Annotated[
        int,
        Field(ge=0, description="A decision open for longer waits. Unit: working days. Source: two days to ask round."),
    ] = 2


def is_decision(item: ItemFacts, policy: DecisionPolicy) -> bool:
    """Tell whether the policy calls this item a decision, by a label or by its type."""
    return bears(item, policy.decision_labels, policy.decision_types)


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold a finding while a decision has been open for more working days than it may."""
    item = facts.item
    if item.is_done or not is_marked(item):
        return NOTHING
    policy = context.policy(DecisionPolicy, item.team, item.objective)
    if not is_decision(item, policy):
        return NOTHING
    if item.is_missing:
        return Verdict(unknown=frozenset({fingerprint(NAME, (item.ref,))}))
    if not item.is_open:
        return NOTHING
    waits_from = context.calendar(item.team).reaches(item.created, policy.decision_after_working_days + 1)
    if not has_come(waits_from, now):
        return Verdict(check_after=waits_from)
    due_from = due_soon_from(
        context, due=item.due, team=item.team, objective=item.objective, within=policy.due_within_working_days
    )
    graded = raised(Severity.HIGH, ((Reason.DUE_SOON, has_come(due_from, now)),))
    due = (Evidence(fact="due", ref=item.ref, value=item.due.isoformat()),) if item.due else ()
    draft = Draft(
        rule=NAME,
        subjects=(item.ref,),
        severity=graded.severity,
        team=item.team,
        objective=item.objective,
        since=item.created,
        evidence=(Evidence(fact="created", ref=item.ref, at=item.created), *due, *graded.evidence),
    )
    return Verdict((draft,), next_check(now, (due_from,)))


def watches(item: ItemFacts) -> bool:
    """Only an open item with a label, or a type that is none of plain work, can be a decision that waits."""
    return item.is_open and is_marked(item)


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """The item is a decision, is open, and has been for too long."""
    item = facts.item
    if subjects != (item.ref,):
        return of_others(subjects, (item.ref,))
    policy = context.policy(DecisionPolicy, item.team, item.objective)
    labels = texts.listed(item.labels) or "no label"
    wanted = texts.listed([*policy.decision_labels, *policy.decision_types]) or "none, so nothing is a decision"
    says = f"{named(item)} has the type {item.type_name or 'unknown'} and {labels}; of a decision are {wanted}."
    calendar, needed = context.calendar(item.team), policy.decision_after_working_days + 1
    return (
        Condition(says, is_decision(item, policy)),
        is_open(item),
        has_rested(f"{named(item)} was created", item.created, needed, calendar, now),
    )


def tell(telling: Telling) -> Text:
    """Say for how long it has been open, and ask what it lacks."""
    (ref,) = telling.draft.subjects
    name = telling.name(ref)
    waits = texts.working_days(telling.working_days())
    return Text(
        title=texts.title(texts.way(f"{{}} has been undecided for {waits}.", telling.named(ref))),
        why=f"{name}{telling.due(ref)} asks for a decision and has been open since {telling.at('created', ref)}.",
        question=f"What is still needed to decide {name}, and who can decide it?",
        clears_when=f"Clears when {name} is done, or no longer asks for a decision.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), DecisionPolicy, judge, tell, conditions, watches)
