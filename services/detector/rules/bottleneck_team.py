"""Several teams wait on one.

Severity: high.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import of_others
from services.detector.context import TEAM_PREFIX, Context, PolicyFields
from services.detector.facts import TeamFacts
from services.detector.group_conditions import needed
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "bottleneck-team"


class BottleneckPolicy(PolicyFields):
    """How many may wait on one."""

    bottleneck_teams: Annotated[
        int,
        Field(ge=1, description="So many other teams wait on one. Unit: teams. Source: more than a pair."),
    ] = 3


def judge(facts: TeamFacts, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding while enough other teams wait on items of this team."""
    policy = context.policy(BottleneckPolicy, facts.team)
    waiting = sorted(facts.waiting, key=lambda team: (team.since, team.team))
    if len(waiting) < policy.bottleneck_teams:
        return NOTHING
    evidence = (Evidence(fact="waiting-team", at=team.since, value=[team.team, team.dependencies]) for team in waiting)
    draft = Draft(
        rule=NAME,
        subjects=(TEAM_PREFIX + facts.team,),
        severity=Severity.HIGH,
        team=facts.team,
        objective=None,
        since=waiting[policy.bottleneck_teams - 1].since,
        evidence=tuple(evidence),
    )
    return Verdict((draft,))


def conditions(
    facts: TeamFacts,
    context: Context,
    now: datetime,  # noqa: ARG001 -- every rule is called alike
    subjects: tuple[str, ...],
) -> tuple[Condition, ...]:
    """Enough other teams wait on it."""
    ref = TEAM_PREFIX + facts.team
    if subjects != (ref,):
        return of_others(subjects, (ref,))
    policy, waiting = context.policy(BottleneckPolicy, facts.team), len(facts.waiting)
    wait = f"{texts.counted(waiting, 'other team')} {'waits' if waiting == 1 else 'wait'} on open items of it"
    return (Condition(f"{wait}; {needed(policy.bottleneck_teams)}.", waiting >= policy.bottleneck_teams),)


def tell(telling: Telling) -> Text:
    """Name who waits, and ask what could be taken off."""
    waiting = [evidence.value for evidence in telling.draft.evidence if evidence.fact == "waiting-team"]
    names = texts.listed([telling.context.team(team).name for team, _ in waiting])
    total = texts.counted(sum(count for _, count in waiting), "dependency", "dependencies")
    wait = "waits" if len(waiting) == 1 else "wait"
    teams = f"{texts.counted(len(waiting), 'team')} {wait}"
    return Text(
        title=texts.title(texts.way(f"{teams} on {{}}.", telling.named_team)),
        why=f"{names} {wait} on {telling.team_name}, with {total} in all.",
        question=f"Which of these matters most, and what could others take off {telling.team_name}?",
        clears_when=f"Clears when fewer teams have open items that wait on open items of {telling.team_name}.",
    )


RULE: Final = Rule(NAME, (TeamFacts,), BottleneckPolicy, judge, tell, conditions)
