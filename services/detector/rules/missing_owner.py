"""An objective, a key result or an epic that is active in this cycle has no owner.

Severity: medium.
"""

from datetime import datetime
from typing import Final

from schemas.work_items import ItemType
from services.detector import texts
from services.detector.answerable import Answered, activity, answerable, lacking, named_subject, ref_of
from services.detector.conditions import of_others
from services.detector.context import Context, PolicyFields
from services.detector.facts import ItemFacts, ItemNeighbourhood, KeyResultFacts, ObjectiveFacts
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import Verdict

NAME: Final = "missing-owner"


def judge(facts: Answered, context: Context, now: datetime) -> Verdict:
    """Hold a finding while nobody owns what is active; the owner of an epic is its assignee."""
    return lacking(NAME, facts, context, now, lacks=lambda one: one.owner is None, fact="owner")


def watches(item: ItemFacts) -> bool:
    """Of items only an open epic without an assignee lacks an owner."""
    return item.is_open and item.type is ItemType.EPIC and item.assignee is None


def conditions(facts: Answered, context: Context, now: datetime, subjects: tuple[str, ...]) -> tuple[Condition, ...]:
    """It is active in this cycle, and has no owner."""
    if subjects != (ref_of(facts),):
        return of_others(subjects, (ref_of(facts),))
    one, active = answerable(facts, context), activity(facts, context, now)
    if one is None:
        return active
    return *active, Condition(f"Its owner is {one.owner or 'nobody'}; it has to be nobody.", one.owner is None)


def tell(telling: Telling) -> Text:
    """Say what has no owner, and ask who could be it."""
    kind, name = named_subject(telling)
    is_epic = kind == "epic"
    word = "assignee" if is_epic else "owner"
    active = "is open, and was worked on in this cycle" if is_epic else "is part of this cycle"
    return Text(
        title=texts.title(texts.way(f"{{}} has no {word}.", telling.named(telling.draft.subjects[0]))),
        why=f"The {kind} {name} of {telling.team_name} {active}, and nobody is named to answer for it.",
        question=f"Who could answer for {name}, and what would they need?",
        clears_when=f"Clears when {name} has an {word}, or is no longer active in this cycle.",
    )


RULE: Final[Rule[Answered]] = Rule(
    NAME, (ItemNeighbourhood, ObjectiveFacts, KeyResultFacts), PolicyFields, judge, tell, conditions, watches
)
