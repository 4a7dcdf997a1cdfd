"""A team has more begun than it can carry: too many objectives at once, or too many items for so many members.

Severity: medium.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import of_others
from services.detector.context import OBJECTIVE_PREFIX, TEAM_PREFIX, Context, PolicyFields
from services.detector.facts import TeamFacts
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "overload"


class OverloadPolicy(PolicyFields):
    """How much a team may have in progress."""

    overload_objectives: Annotated[
        int,
        Field(ge=1, description="More at once is too many. Unit: objectives. Source: a team finishes few at a time."),
    ] = 3
    overload_items_per_member: Annotated[
        int,
        Field(
            ge=1, description="More in progress is too many. Unit: items a member. Source: one at work, two waiting."
        ),
    ] = 3


def judge(facts: TeamFacts, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding while too many objectives or items are in progress; items only where members are listed."""
    policy = context.policy(OverloadPolicy, facts.team)
    busy, members = _busy(facts, context), len(context.team(facts.team).members)
    if len(busy) <= policy.overload_objectives and not _has_too_many_items(facts, members, policy):
        return NOTHING
    draft = Draft(
        rule=NAME,
        subjects=(TEAM_PREFIX + facts.team,),
        severity=Severity.MEDIUM,
        team=facts.team,
        objective=None,
        since=None,
        evidence=(
            Evidence(fact="in-progress", value=facts.in_progress),
            Evidence(fact="members", value=members),
            *(Evidence(fact="busy-objective", ref=OBJECTIVE_PREFIX + objective) for objective in busy),
        ),
    )
    return Verdict((draft,))


def _busy(facts: TeamFacts, context: Context) -> Sequence[str]:
    """Return the objectives of the strategy in force that the team has work in progress for."""
    return [objective for objective in facts.busy_objectives if context.objective(objective) is not None]


def _has_too_many_items(facts: TeamFacts, members: int, policy: OverloadPolicy) -> bool:
    return members > 0 and facts.in_progress > policy.overload_items_per_member * members


def conditions(
    facts: TeamFacts,
    context: Context,
    now: datetime,  # noqa: ARG001 -- every rule is called alike
    subjects: tuple[str, ...],
) -> tuple[Condition, ...]:
    """Too many objectives or too many items: one condition, for either is enough."""
    ref = TEAM_PREFIX + facts.team
    if subjects != (ref,):
        return of_others(subjects, (ref,))
    policy = context.policy(OverloadPolicy, facts.team)
    busy, members = _busy(facts, context), len(context.team(facts.team).members)
    objectives, items = texts.counted(len(busy), "objective"), texts.counted(facts.in_progress, "item")
    few, most = texts.counted(policy.overload_objectives, "objective"), policy.overload_items_per_member * members
    enough = f"or more than {most} items" if members else "as it has no listed members its items do not count"
    return (
        Condition(
            f"It has {objectives} with work in progress, and {items} in progress for "
            f"{texts.counted(members, 'member')}; more than {few} count, {enough}.",
            len(busy) > policy.overload_objectives or _has_too_many_items(facts, members, policy),
        ),
    )


def tell(telling: Telling) -> Text:
    """Say what is too much, and ask what could wait."""
    policy = telling.context.policy(OverloadPolicy, telling.draft.team)
    busy = [evidence.ref for evidence in telling.draft.evidence if evidence.fact == "busy-objective" and evidence.ref]
    in_progress, members = telling.value("in-progress"), telling.value("members")
    objectives, items = texts.counted(len(busy), "objective"), texts.counted(in_progress, "item")
    most = policy.overload_items_per_member * members
    forms, whys = [], []
    if len(busy) > policy.overload_objectives:
        names = texts.listed([f"“{telling.name(ref)}”" for ref in busy])
        forms.append(f"{{}} works for {objectives} at once.")
        whys.append(f"It has work in progress for {names}; {policy.overload_objectives} at once are the most meant.")
    if members and in_progress > most:
        forms.append(f"{{}} has {items} in progress for {texts.counted(members, 'member')}.")
        whys.append(f"It has {items} in progress for {texts.counted(members, 'member')}; {most} are the most meant.")
    return Text(
        title=texts.title(*(texts.way(form, telling.named_team) for form in forms)),
        why=" ".join(whys),
        question="Which of these would help most when finished first, and what could wait meanwhile?",
        clears_when="Clears when it has at most "
        f"{texts.counted(policy.overload_objectives, 'objective')} with work in progress, and at most "
        f"{texts.counted(policy.overload_items_per_member, 'item')} a member.",
    )


RULE: Final = Rule(NAME, (TeamFacts,), OverloadPolicy, judge, tell, conditions)
