"""What an item waited for is done, and the item has not begun.

Severity: medium; raised if a due is near or past.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from schemas.work_items import StatusCategory
from services.detector import texts
from services.detector.conditions import has_rested, named, of_others, standing
from services.detector.context import Context
from services.detector.facts import ItemFacts, ItemNeighbourhood
from services.detector.fingerprint import fingerprint
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.severity import DueSoonPolicy, Graded, Reason, due_soon_from, has_come, raised
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "missed-handoff"


class HandoffPolicy(DueSoonPolicy):
    """How long the next one may take to begin."""

    handoff_after_working_days: Annotated[
        int,
        Field(ge=1, description="An unblocked item may rest so long. Unit: working days. Source: half a working week."),
    ] = 3


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold a finding while the item is to do, its known blockers are done, and nobody has moved since."""
    item = facts.item
    if not facts.blockers or item.status_category is not StatusCategory.TODO:
        return NOTHING
    if item.is_missing or any(blocker.is_missing and not blocker.is_done for blocker in facts.blockers):
        return Verdict(unknown=frozenset({fingerprint(NAME, (item.ref,))}))
    blockers = _counted(facts)
    if not item.is_open or not blockers or not all(blocker.is_done for blocker in blockers):
        return NOTHING
    return _judge_unblocked(item, blockers, context, now)


def _counted(facts: ItemNeighbourhood) -> list[ItemFacts]:
    """Return the blockers that count: one that is gone without being done no longer blocks, and never was done.

    Nothing waits for itself, though it may be linked to itself.
    """
    others = (blocker for blocker in facts.blockers if blocker.ref != facts.item.ref)
    return [blocker for blocker in others if blocker.is_missing or blocker.visible or blocker.is_done]


def _judge_unblocked(item: ItemFacts, blockers: Sequence[ItemFacts], context: Context, now: datetime) -> Verdict:
    policy = context.policy(HandoffPolicy, item.team, item.objective)
    last = _last(blockers)
    since = max(_done_at(last), item.touched)
    missed_from = context.calendar(item.team).reaches(since, policy.handoff_after_working_days)
    if not has_come(missed_from, now):
        return Verdict(check_after=missed_from)
    due_from = due_soon_from(
        context, due=item.due, team=item.team, objective=item.objective, within=policy.due_within_working_days
    )
    graded = raised(Severity.MEDIUM, ((Reason.DUE_SOON, has_come(due_from, now)),))
    return Verdict((_draft(item, last, since, graded),), next_check(now, (due_from,)))


def _last(blockers: Sequence[ItemFacts]) -> ItemFacts:
    return max(blockers, key=lambda blocker: (_done_at(blocker), blocker.ref))


def _done_at(blocker: ItemFacts) -> datetime:
    return blocker.done or blocker.touched


def _draft(item: ItemFacts, last: ItemFacts, since: datetime, graded: Graded) -> Draft:
    due = (Evidence(fact="due", ref=item.ref, value=item.due.isoformat()),) if item.due else ()
    return Draft(
        rule=NAME,
        subjects=(item.ref,),
        severity=graded.severity,
        team=item.team,
        objective=item.objective,
        since=since,
        evidence=(
            Evidence(fact="blocker-done", ref=last.ref, at=_done_at(last), value=last.key),
            Evidence(fact="last-touch", ref=item.ref, at=item.touched),
            *due,
            *graded.evidence,
        ),
    )


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """The item is to do, all its known blockers are done, at least one is, and all have rested for long enough."""
    item = facts.item
    if subjects != (item.ref,):
        return of_others(subjects, (item.ref,))
    name, counted = named(item), _counted(facts)
    done = [blocker for blocker in counted if blocker.is_done]
    waits = f"{name} waits on {texts.counted(len(counted), 'known item')}"
    first = (
        Condition(
            f"{name} is {standing(item)}; it has to be to do.",
            item.is_open and item.status_category is StatusCategory.TODO,
        ),
        Condition(
            f"{waits}, {len(done)} of them done; 1 or more are needed, and all of them done.",
            bool(done) and len(done) == len(counted),
        ),
    )
    if not done:
        return first
    since = max(_done_at(_last(done)), item.touched)
    needed = context.policy(HandoffPolicy, item.team, item.objective).handoff_after_working_days
    what = f"{name} was unblocked, or touched after that,"
    return *first, has_rested(what, since, needed, context.calendar(item.team), now)


def tell(telling: Telling) -> Text:
    """Say since when it could begin, and ask what is still in the way."""
    (ref,) = telling.draft.subjects
    name = telling.name(ref)
    rests = texts.working_days(telling.working_days())
    blocker = telling.value("blocker-done")
    return Text(
        title=texts.title(
            texts.way(f"{{}} is unblocked and has not begun for {rests}.", telling.named(ref)),
            texts.way(f"{{}} could have begun {rests} ago.", telling.named(ref)),
        ),
        why=f"The last that it waited for, {blocker}, was done {telling.at('blocker-done')}; "
        f"{name}{telling.due(ref)} is still to do, last touched {telling.at('last-touch', ref)}.",
        question=f"Does everybody know that {name} can begin, and what else does it need?",
        clears_when=f"Clears when {name} is begun, done or touched, or when it waits on something open again.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), HandoffPolicy, judge, tell, conditions)
