"""An objective has work to do, and none of it is in progress for a working week.

Severity: medium; raised if the objective is due soon or overdue.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import has_rested
from services.detector.context import OBJECTIVE_PREFIX, Context, ObjectiveContext
from services.detector.facts import ObjectiveFacts
from services.detector.fingerprint import fingerprint
from services.detector.group_conditions import needed, not_judged
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.seen import in_words, seen
from services.detector.severity import DueSoonPolicy, Graded, Reason, due_soon_from, has_come, raised
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "objective-starved"


class StarvedPolicy(DueSoonPolicy):
    """How long an objective may have nothing in progress."""

    starved_after_working_days: Annotated[
        int,
        Field(ge=1, description="Nothing in progress so long starves. Unit: working days. Source: one working week."),
    ] = 5


def judge(facts: ObjectiveFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding while the objective has open items and none in progress; an item out of sight might be."""
    objective = context.objective(facts.objective)
    since = _since(facts)
    if objective is None or not facts.open_items or facts.in_progress or since is None:
        return NOTHING
    ref = OBJECTIVE_PREFIX + objective.id
    if facts.hidden:
        return Verdict(unknown=frozenset({fingerprint(NAME, (ref,))}))
    policy = context.policy(StarvedPolicy, objective.team, objective.id)
    starved_from = context.calendar(objective.team).reaches(since, policy.starved_after_working_days)
    if not has_come(starved_from, now):
        return Verdict(check_after=starved_from)
    due_from = due_soon_from(
        context, due=None, team=objective.team, objective=objective.id, within=policy.due_within_working_days
    )
    graded = raised(Severity.MEDIUM, ((Reason.DUE_SOON, has_come(due_from, now)),))
    return Verdict((_draft(facts, objective, since, graded),), next_check(now, (due_from,)))


def _since(facts: ObjectiveFacts) -> datetime | None:
    """Return since when nothing is in progress although something could be."""
    return max((moment for moment in (facts.progress_ended, facts.open_from) if moment is not None), default=None)


def _draft(facts: ObjectiveFacts, objective: ObjectiveContext, since: datetime, graded: Graded) -> Draft:
    ref = OBJECTIVE_PREFIX + objective.id
    ended = (Evidence(fact="progress-ended", ref=ref, at=facts.progress_ended),) if facts.progress_ended else ()
    return Draft(
        rule=NAME,
        subjects=(ref,),
        severity=graded.severity,
        team=objective.team,
        objective=objective.id,
        since=since,
        evidence=(
            Evidence(fact="open-items", ref=ref, value=facts.open_items),
            Evidence(fact="starved-since", ref=ref, at=since),
            *ended,
            Evidence(fact="due", ref=ref, value=objective.due.isoformat()),
            *seen(ref, facts.seen_from),
            *graded.evidence,
        ),
    )


def conditions(
    facts: ObjectiveFacts, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Something is open, nothing is in progress, nothing is out of sight, and it has been so for long enough."""
    ref, objective = OBJECTIVE_PREFIX + facts.objective, context.objective(facts.objective)
    if subjects != (ref,) or objective is None:
        return not_judged(subjects, ref)
    policy = context.policy(StarvedPolicy, objective.team, objective.id)
    calendar, since = context.calendar(objective.team), _since(facts)
    if since is None:
        rests = Condition("It is not known since when something of it is open.", holds=False)
    else:
        day = texts.day(calendar.date_of(since), calendar.date_of(now))
        what = f"The later of two, when work on it ended last and when its first open item came, was {day},"
        rests = has_rested(what, since, policy.starved_after_working_days, calendar, now)
    opened, begun = texts.counted(facts.open_items, "open item"), texts.counted(facts.in_progress, "item")
    hidden = texts.counted(facts.hidden, "item")
    return (
        Condition(f"It has {opened}; {needed(1)}.", facts.open_items > 0),
        Condition(f"It has {begun} in progress; none may be.", not facts.in_progress),
        Condition(f"It has {hidden} out of sight, of which nobody can say that they rest.", not facts.hidden),
        rests,
    )


def tell(telling: Telling) -> Text:
    """Say since when nothing is in progress, and ask what would let it begin."""
    name = f"“{telling.name(telling.draft.subjects[0])}”"
    rests = texts.working_days(telling.working_days())
    items = texts.counted(telling.value("open-items"), "open item")
    ended = telling.at("progress-ended")
    worked = f"Work on it ended last {ended}" if ended else "No work on it is known to have begun"
    nothing = f"none of its {items} is" if telling.value("open-items") > 1 else "its 1 open item is not"
    due = telling.on(telling.value("due"))
    return Text(
        title=texts.title(
            texts.way(f"{{}}: nothing in progress for {rests}.", telling.named(telling.draft.subjects[0]))
        ),
        why=f"{worked}; {nothing} in progress since {telling.at('starved-since')}, and it is due {due}."
        f"{in_words(telling)}",
        question=f"What would it take to begin on {name}, or what should it wait for?",
        clears_when="Clears when one of its items is in progress, or none of them is open.",
    )


RULE: Final = Rule(NAME, (ObjectiveFacts,), StarvedPolicy, judge, tell, conditions)
