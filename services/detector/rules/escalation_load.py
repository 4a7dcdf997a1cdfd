"""Customer escalations take much of a team's work, or one of them stays open.

Severity: high.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import of_others, to_come
from services.detector.context import TEAM_PREFIX, Context, PolicyFields
from services.detector.facts import ItemFacts, TeamFacts
from services.detector.group_conditions import limit
from services.detector.marking import bears, unusual
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.rules.unaligned_work import next_lapse
from services.detector.severity import has_come
from services.detector.verdict import Draft, Verdict, next_check

NAME: Final = "escalation-load"


class EscalationPolicy(PolicyFields):
    """What counts as a customer escalation, and how much of it is too much."""

    escalation_labels: Annotated[
        tuple[str, ...],
        Field(description="Labels of customer escalations, in any case. Unit: labels. Source: the usual words."),
    ] = ("escalation", "customer-escalation")
    escalation_types: Annotated[
        tuple[str, ...],
        AfterValidator(unusual),
        Field(description="Types of customer escalations, in any case. Unit: type names. Source: the usual word."),
    ] = ("Escalation",)
    escalation_share: Annotated[
        float,
        Field(ge=0, le=1, description="More than this is too much. Unit: share of items. Source: one day a week."),
    ] = 0.2
    escalation_after_working_days: Annotated[
        int,
        Field(ge=0, description="Open beyond this is too long. Unit: working days. Source: one working week."),
    ] = 5


def is_escalation(item: ItemFacts, policy: EscalationPolicy) -> bool:
    """Tell whether the item is labelled or typed as a customer escalation."""
    return bears(item, policy.escalation_labels, policy.escalation_types)


def judge(facts: TeamFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding while escalations are too large a share of the active items, or the oldest is open too long."""
    policy = context.policy(EscalationPolicy, facts.team)
    beyond_from = _beyond_from(facts, context, policy)
    is_beyond = has_come(beyond_from, now)
    again = next_check(now, (beyond_from, next_lapse(facts, context) if facts.active_escalations else None))
    if not is_beyond and not _is_much(facts, policy):
        return Verdict(check_after=again)
    oldest = _oldest(facts)
    draft = Draft(
        rule=NAME,
        subjects=(TEAM_PREFIX + facts.team,),
        severity=Severity.HIGH,
        team=facts.team,
        objective=None,
        since=beyond_from if is_beyond else None,
        evidence=(
            Evidence(fact="active-items", value=facts.active),
            Evidence(fact="active-escalations", value=facts.active_escalations),
            Evidence(fact="open-escalations", value=len(facts.escalations)),
            *_first(oldest),
        ),
    )
    return Verdict((draft,), again)


def _oldest(facts: TeamFacts) -> ItemFacts | None:
    return min(facts.escalations, key=lambda item: (item.created, item.ref), default=None)


def _name(item: ItemFacts) -> str:
    return texts.called(item.ref, item.key, item.title)


def _first(oldest: ItemFacts | None) -> tuple[Evidence, ...]:
    if oldest is None:
        return ()
    return (Evidence(fact="oldest-escalation", ref=oldest.ref, at=oldest.created, value=_name(oldest)),)


def _is_much(facts: TeamFacts, policy: EscalationPolicy) -> bool:
    return facts.active > 0 and facts.active_escalations / facts.active > policy.escalation_share


def _beyond_from(facts: TeamFacts, context: Context, policy: EscalationPolicy) -> datetime | None:
    """Return from when on the oldest open escalation is open too long: the working day after the last one borne."""
    oldest = _oldest(facts)
    if oldest is None:
        return None
    return context.calendar(facts.team).reaches(oldest.created, policy.escalation_after_working_days + 1)


def conditions(facts: TeamFacts, context: Context, now: datetime, subjects: tuple[str, ...]) -> tuple[Condition, ...]:
    """Too large a share or one open too long: one condition, for either is enough."""
    ref = TEAM_PREFIX + facts.team
    if subjects != (ref,):
        return of_others(subjects, (ref,))
    policy = context.policy(EscalationPolicy, facts.team)
    beyond_from = _beyond_from(facts, context, policy)
    days = texts.working_days(policy.escalation_after_working_days)
    oldest, age = _oldest(facts), "none is open"
    if oldest is not None:
        open_for = texts.working_days(context.calendar(facts.team).working_days(oldest.created, now))
        age = f"the oldest open one, {_name(oldest)}, has been open for {open_for}"
    return (
        Condition(
            f"{facts.active_escalations} of {texts.counted(facts.active, 'active item')} are customer escalations, and "
            f"{age}; more than {limit(policy.escalation_share)}, or more than {days}, are needed.",
            _is_much(facts, policy) or has_come(beyond_from, now),
            next_check(now, (to_come(beyond_from, now), next_lapse(facts, context))),
        ),
    )


def tell(telling: Telling) -> Text:
    """Give the share and the oldest, and ask what customers need first."""
    team, policy = telling.team_name, telling.context.policy(EscalationPolicy, telling.draft.team)
    active, escalated = telling.value("active-items"), telling.value("active-escalations")
    oldest = telling.find("oldest-escalation")
    forms, whys = [], []
    if active and escalated / active > policy.escalation_share:
        share = texts.percent(escalated / active)
        are = "is a customer escalation" if escalated == 1 else "are customer escalations"
        work = f"{share} of active work is customer escalations"
        forms.append(f"{{}}: {work if active > 1 else 'the only active item is a customer escalation'}.")
        whys.append(f"{escalated} of {texts.counted(active, 'active item')} of {team} ({share}) {are}.")
    if oldest and oldest.at:
        days = texts.working_days(telling.working_days(oldest.at))
        forms += [f"{{}}: a customer escalation has been open for {days}.", f"{{}}: an escalation is open for {days}."]
        whys.append(f"The oldest, {oldest.value}, has been open since {telling.day(oldest.at)}, for {days}.")
    return Text(
        title=texts.title(*(texts.way(form, telling.named_team) for form in forms)),
        why=" ".join(whys),
        question="What do these customers need first, and what else could wait meanwhile?",
        clears_when=f"Clears when fewer of the active items of {team} are customer escalations, and none is open "
        f"for more than {texts.working_days(policy.escalation_after_working_days)}.",
    )


RULE: Final = Rule(NAME, (TeamFacts,), EscalationPolicy, judge, tell, conditions)
