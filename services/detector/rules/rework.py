"""Much of what serves an objective goes back: from done, or from in progress to to do.

Severity: medium.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import to_come
from services.detector.context import OBJECTIVE_PREFIX, Context, PolicyFields
from services.detector.facts import ObjectiveFacts
from services.detector.group_conditions import limit, needed, not_judged
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.seen import in_words, seen
from services.detector.verdict import NOTHING, Draft, Verdict, next_check

NAME: Final = "rework"


class ReworkPolicy(PolicyFields):
    """How much may go back."""

    rework_share: Annotated[
        float,
        Field(ge=0, le=1, description="More than this goes back. Unit: share of what moved on. Source: one in five."),
    ] = 0.2
    rework_min_moved: Annotated[
        int,
        Field(ge=1, description="With fewer moved on, a share says little. Unit: items. Source: one item is 10 %."),
    ] = 10


def judge(facts: ObjectiveFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding while too large a share of the last 28 days went back.

    A move at t counts until t + 28 days. Moves only lapse by themselves, so what is too little now stays so.
    """
    objective = context.objective(facts.objective)
    if objective is None:
        return NOTHING
    policy = context.policy(ReworkPolicy, objective.team, objective.id)
    if not facts.went_back or facts.moved_on < policy.rework_min_moved:
        return NOTHING
    lapses = next_check(now, (facts.moves_lapse,))
    if facts.went_back / facts.moved_on <= policy.rework_share:
        return Verdict(check_after=lapses)
    ref = OBJECTIVE_PREFIX + objective.id
    draft = Draft(
        rule=NAME,
        subjects=(ref,),
        severity=Severity.MEDIUM,
        team=objective.team,
        objective=objective.id,
        since=None,
        evidence=(
            Evidence(fact="moved-on", ref=ref, value=facts.moved_on),
            Evidence(fact="went-back", ref=ref, value=facts.went_back),
            *seen(ref, facts.seen_from),
        ),
    )
    return Verdict((draft,), lapses)


def conditions(
    facts: ObjectiveFacts, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Enough moved on, and too much of it went back."""
    ref, objective = OBJECTIVE_PREFIX + facts.objective, context.objective(facts.objective)
    if subjects != (ref,) or objective is None:
        return not_judged(subjects, ref)
    policy = context.policy(ReworkPolicy, objective.team, objective.id)
    lapses, moved, back = to_come(facts.moves_lapse, now), facts.moved_on, facts.went_back
    items = texts.counted(moved, "item")
    is_too_much = moved > 0 and back / moved > policy.rework_share
    return (
        Condition(
            f"{items} moved on in the last 4 weeks; {needed(policy.rework_min_moved)}.",
            moved >= policy.rework_min_moved,
            lapses,
        ),
        Condition(
            f"{back} went back, beside {items} that moved on; more than {limit(policy.rework_share)} of those count.",
            is_too_much,
            lapses,
        ),
    )


def tell(telling: Telling) -> Text:
    """Give both counts, and ask what is found late."""
    moved, back = telling.value("moved-on"), telling.value("went-back")
    share, items = texts.percent(back / moved), texts.counted(moved, "item")
    return Text(
        title=texts.title(texts.way(f"{{}}: {share} of work goes back.", telling.named(telling.draft.subjects[0]))),
        why=f"In the last 4 weeks {items} moved on, and {back} went back from done, or from in progress to to do: "
        f"{share} of that.{in_words(telling)}",
        question="What do we learn late that could be known before work begins or is called done?",
        clears_when="Clears when a smaller share of what moves on in 4 weeks goes back.",
    )


RULE: Final = Rule(NAME, (ObjectiveFacts,), ReworkPolicy, judge, tell, conditions)
