"""An objective, a key result or an epic that is active in this cycle has no due of its own.

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

NAME: Final = "missing-date"


def judge(facts: Answered, context: Context, now: datetime) -> Verdict:
    """Hold a finding while what is active has no due: for an objective or key result one that it states itself.

    That of the cycle, or of its objective, says when others are due, not that somebody thought of a day for this one.
    """
    return lacking(NAME, facts, context, now, lacks=lambda one: one.due is None, fact="due")


def watches(item: ItemFacts) -> bool:
    """Of items only an open epic without a due lacks one."""
    return item.is_open and item.type is ItemType.EPIC and item.due is None


def conditions(facts: Answered, context: Context, now: datetime, subjects: tuple[str, ...]) -> tuple[Condition, ...]:
    """It is active in this cycle, and has no due of its own."""
    if subjects != (ref_of(facts),):
        return of_others(subjects, (ref_of(facts),))
    one, active = answerable(facts, context), activity(facts, context, now)
    if one is None:
        return active
    own = texts.day(one.due, context.calendar(one.team).date_of(now)) if one.due else "none"
    return *active, Condition(f"Its own due is {own}; it has to be none.", one.due is None)


def tell(telling: Telling) -> Text:
    """Say what has no due, and ask for one."""
    kind, name = named_subject(telling)
    is_epic = kind == "epic"
    active = "is open, and was worked on in this cycle" if is_epic else "is part of this cycle"
    return Text(
        title=texts.title(texts.way("{} has no due of its own.", telling.named(telling.draft.subjects[0]))),
        why=f"The {kind} {name} of {telling.team_name} {active}, and no day is set for it.",
        question=f"By when is {name} needed, and who could set that day?",
        clears_when=f"Clears when {name} has a due, or is no longer active in this cycle.",
    )


RULE: Final[Rule[Answered]] = Rule(
    NAME, (ItemNeighbourhood, ObjectiveFacts, KeyResultFacts), PolicyFields, judge, tell, conditions, watches
)
