"""What somebody answers for by a day: objectives, key results and epics, and whether they are active in this cycle."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.findings import Evidence, Severity
from schemas.work_items import ItemType, StatusCategory
from services.detector import texts
from services.detector.conditions import is_open, named, standing
from services.detector.context import KEY_RESULT_PREFIX, OBJECTIVE_PREFIX, Context
from services.detector.facts import ItemFacts, ItemNeighbourhood, KeyResultFacts, ObjectiveFacts
from services.detector.fingerprint import fingerprint
from services.detector.rule import Condition, Telling
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

Answered = ItemNeighbourhood | ObjectiveFacts | KeyResultFacts


@dataclass(frozen=True, slots=True)
class Answerable:
    """An objective, a key result or an epic: its owner and its own day, none where it has none.

    It is active from `begins` to before `ends`; none: always. What is not `is_moving` is not active at any time.
    `is_untold`: out of sight, so that nobody can tell.
    """

    ref: str
    team: str
    objective: str | None
    owner: str | None
    due: date | None
    begins: datetime | None = None
    ends: datetime | None = None
    is_moving: bool = True
    is_untold: bool = False

    def is_active(self, now: datetime) -> bool:
        """Tell whether it is active at this moment."""
        has_begun = self.begins is None or self.begins <= now
        return self.is_moving and has_begun and (self.ends is None or now < self.ends)


def answerable(facts: Answered, context: Context) -> Answerable | None:
    """Return what these facts are about, if somebody answers for it: of items, epics only.

    An objective and its key results are active on the days of the cycle, in the zone of the objective's team. An epic's
    owner is its assignee; it is active while it is open, and in progress or touched since the cycle began.
    """
    if isinstance(facts, ItemNeighbourhood):
        return _epic(facts.item, context)
    objective = context.objective(facts.objective)
    if objective is None:
        return None
    said = objective if isinstance(facts, ObjectiveFacts) else context.key_result(facts.objective, facts.key_result)
    if said is None:
        return None
    calendar = context.calendar(objective.team)
    return Answerable(
        ref=ref_of(facts),
        team=objective.team,
        objective=objective.id,
        owner=said.owner,
        due=said.due if said.has_due else None,
        begins=calendar.start_of(context.cycle.starts_on),
        ends=calendar.start_of(context.cycle.ends_on + timedelta(days=1)),
    )


def _epic(item: ItemFacts, context: Context) -> Answerable | None:
    if item.type is not ItemType.EPIC:
        return None
    return Answerable(
        ref=item.ref,
        team=item.team,
        objective=item.objective,
        owner=item.assignee,
        due=item.due,
        is_moving=item.is_open and _moves(item, context),
        is_untold=item.is_missing and not item.is_done,
    )


def _moves(item: ItemFacts, context: Context) -> bool:
    begins = context.calendar(item.team).start_of(context.cycle.starts_on)
    return item.status_category is StatusCategory.IN_PROGRESS or item.touched >= begins


def ref_of(facts: Answered) -> str:
    """Return the ref of what these facts are about."""
    if isinstance(facts, ItemNeighbourhood):
        return facts.item.ref
    if isinstance(facts, ObjectiveFacts):
        return OBJECTIVE_PREFIX + facts.objective
    return f"{KEY_RESULT_PREFIX}{facts.objective}/{facts.key_result}"


def activity(facts: Answered, context: Context, now: datetime) -> tuple[Condition, ...]:
    """Return the conditions that this is active in the cycle."""
    starts_on, ends_on = context.cycle.starts_on, context.cycle.ends_on
    if isinstance(facts, ItemNeighbourhood):
        item, calendar = facts.item, context.calendar(facts.item.team)
        today = calendar.date_of(now)
        touched = texts.day(calendar.date_of(item.touched), today)
        says = f"{named(item)} is {standing(item)}, last touched {touched}; it counts in progress, or touched since"
        return (
            Condition(f"{named(item)} is of type {item.type}; an epic is asked.", item.type is ItemType.EPIC),
            is_open(item),
            Condition(f"{says} {texts.day(starts_on, today)}.", _moves(item, context)),
        )
    one = answerable(facts, context)
    if one is None:
        return (Condition(f"The strategy does not name {ref_of(facts)}; it has to.", holds=False),)
    today = context.calendar(one.team).date_of(now)
    cycle = f"from {texts.day(starts_on, today)} to {texts.day(ends_on, today)}"
    says = f"It is {texts.day(today, today)}; the cycle {context.cycle.id} goes {cycle}."
    changes = min((moment for moment in (one.begins, one.ends) if moment and moment > now), default=None)
    return (Condition(says, one.is_active(now), changes),)


def lacking(
    rule: str, facts: Answered, context: Context, now: datetime, *, lacks: Callable[[Answerable], bool], fact: str
) -> Verdict:
    """Return what the rule says of this, whose finding holds while it is active and lacks something."""
    one = answerable(facts, context)
    if one is None or not lacks(one):
        return NOTHING
    if one.is_untold:
        return Verdict(unknown=frozenset({fingerprint(rule, (one.ref,))}))
    check_after = next_check(now, (one.begins, one.ends))
    if not one.is_active(now):
        return Verdict(check_after=check_after)
    draft = Draft(
        rule=rule,
        subjects=(one.ref,),
        severity=Severity.MEDIUM,
        team=one.team,
        objective=one.objective,
        since=None,
        evidence=(Evidence(fact=fact, ref=one.ref, value=None),),
    )
    return Verdict((draft,), check_after)


def named_subject(telling: Telling) -> tuple[str, str]:
    """Return what kind of thing the finding is on, and its name."""
    (ref,) = telling.draft.subjects
    name = telling.name(ref)
    if ref.startswith(OBJECTIVE_PREFIX):
        return "objective", f"“{name}”"
    return ("key result", f"“{name}”") if ref.startswith(KEY_RESULT_PREFIX) else ("epic", name)
