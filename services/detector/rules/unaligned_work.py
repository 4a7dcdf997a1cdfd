"""A team spends much of its work on what serves no objective.

Severity: medium; high from `unaligned_high_share`.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import of_others, to_come
from services.detector.context import TEAM_PREFIX, Context, PolicyFields
from services.detector.facts import TeamFacts
from services.detector.group_conditions import limit, needed
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import Draft, Verdict

NAME: Final = "unaligned-work"


class UnalignedPolicy(PolicyFields):
    """What counts as active, and how much of it may serve no objective."""

    active_within_working_days: Annotated[
        int,
        Field(ge=0, description="A touch this recent keeps an item active. Unit: working days. Source: two weeks."),
    ] = 10
    unaligned_min_items: Annotated[
        int,
        Field(ge=1, description="With fewer active items, a share says little. Unit: items. Source: one item is 20 %."),
    ] = 5
    unaligned_share: Annotated[
        float,
        Field(ge=0, le=1, description="More than this is too much. Unit: share of items. Source: one day a week."),
    ] = 0.2
    unaligned_high_share: Annotated[
        float,
        Field(ge=0, le=1, description="From here on it weighs high. Unit: share of items. Source: one half."),
    ] = 0.5


def active_since(context: Context, team: str, now: datetime) -> datetime:
    """Return the earliest touch by which an item of this team is active at `now`."""
    policy = context.policy(UnalignedPolicy, team)
    return context.calendar(team).earliest_within(now, policy.active_within_working_days)


def next_lapse(facts: TeamFacts, context: Context) -> datetime | None:
    """Return when the first of the team's active items is active no more, if nobody touches it; none: never."""
    if facts.next_to_lapse is None:
        return None
    policy = context.policy(UnalignedPolicy, facts.team)
    return context.calendar(facts.team).reaches(facts.next_to_lapse, policy.active_within_working_days + 1)


def judge(facts: TeamFacts, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding while too large a share of the active items has no objective."""
    policy = context.policy(UnalignedPolicy, facts.team)
    lapses = next_lapse(facts, context)
    if facts.active < policy.unaligned_min_items or facts.unaligned / facts.active <= policy.unaligned_share:
        return Verdict(check_after=lapses)
    is_high = facts.unaligned / facts.active >= policy.unaligned_high_share
    draft = Draft(
        rule=NAME,
        subjects=(TEAM_PREFIX + facts.team,),
        severity=Severity.HIGH if is_high else Severity.MEDIUM,
        team=facts.team,
        objective=None,
        since=None,
        evidence=(
            Evidence(fact="active-items", value=facts.active),
            Evidence(fact="unaligned-items", value=facts.unaligned),
        ),
    )
    return Verdict((draft,), lapses)


def conditions(facts: TeamFacts, context: Context, now: datetime, subjects: tuple[str, ...]) -> tuple[Condition, ...]:
    """Enough is active, and too much of it has no objective."""
    ref = TEAM_PREFIX + facts.team
    if subjects != (ref,):
        return of_others(subjects, (ref,))
    policy, lapses = context.policy(UnalignedPolicy, facts.team), to_come(next_lapse(facts, context), now)
    active, unaligned = texts.counted(facts.active, "active item"), facts.unaligned
    return (
        Condition(
            f"It has {active}; {needed(policy.unaligned_min_items)}.",
            facts.active >= policy.unaligned_min_items,
            lapses,
        ),
        Condition(
            f"{unaligned} of {active} {'has' if unaligned == 1 else 'have'} no objective; "
            f"more than {limit(policy.unaligned_share)} count.",
            facts.active > 0 and unaligned / facts.active > policy.unaligned_share,
            lapses,
        ),
    )


def tell(telling: Telling) -> Text:
    """Give the share, and ask what this work is for."""
    active, unaligned = telling.value("active-items"), telling.value("unaligned-items")
    share = texts.percent(unaligned / active)
    team = telling.team_name
    work = f"{share} of active work" if active > 1 else "the only active item"
    return Text(
        title=texts.title(texts.way(f"{{}}: {work} serves no objective.", telling.named_team)),
        why=f"{unaligned} of {texts.counted(active, 'active item')} of {team} ({share}) have no objective.",
        question="What is this work for, and which objective is missing, or which of it could wait?",
        clears_when=f"Clears when enough of the active items of {team} serve an objective.",
    )


RULE: Final = Rule(NAME, (TeamFacts,), UnalignedPolicy, judge, tell, conditions)
