"""All rules, one line each; and the two things that the detector does with them: judge and tell."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from schemas.findings import Subject
from services.detector.context import Context, Mode
from services.detector.facts import (
    CapacityFacts,
    ConnectionFacts,
    CycleFacts,
    Facts,
    ItemFacts,
    ItemNeighbourhood,
    KeyResultFacts,
    ObjectiveFacts,
    TeamFacts,
)
from services.detector.rule import Rule, Telling, Text
from services.detector.rules import (
    aging_work,
    ambiguous_alignment,
    bottleneck_team,
    capacity_drift,
    data_gap,
    date_slip,
    decision_waiting,
    dependency_cycle,
    dependency_date_conflict,
    escalation_load,
    forecast_miss,
    late_start,
    missed_handoff,
    missing_date,
    missing_owner,
    objective_idle,
    objective_starved,
    off_pace,
    output_key_result,
    output_without_outcome,
    overload,
    rework,
    scope_growth,
    stale_measurement,
    stale_work,
    stalled_dependency,
    tracker_disagreement,
    unaligned_work,
    undated_blocker,
    unowned_blocker,
    unvalidated_build,
)
from services.detector.verdict import Draft, Verdict, merge

RULES: Final[tuple[Rule[Any], ...]] = (
    stalled_dependency.RULE,
    dependency_date_conflict.RULE,
    undated_blocker.RULE,
    late_start.RULE,
    unowned_blocker.RULE,
    dependency_cycle.RULE,
    missed_handoff.RULE,
    bottleneck_team.RULE,
    unaligned_work.RULE,
    ambiguous_alignment.RULE,
    objective_idle.RULE,
    objective_starved.RULE,
    scope_growth.RULE,
    date_slip.RULE,
    stale_work.RULE,
    aging_work.RULE,
    capacity_drift.RULE,
    output_without_outcome.RULE,
    off_pace.RULE,
    stale_measurement.RULE,
    forecast_miss.RULE,
    tracker_disagreement.RULE,
    rework.RULE,
    missing_owner.RULE,
    missing_date.RULE,
    overload.RULE,
    decision_waiting.RULE,
    escalation_load.RULE,
    unvalidated_build.RULE,
    output_key_result.RULE,
    data_gap.RULE,
)

BY_NAME: Final[Mapping[str, Rule[Any]]] = {rule.name: rule for rule in RULES}

_BY_FACTS: Final[Mapping[type, tuple[Rule[Any], ...]]] = {
    kind: tuple(rule for rule in RULES if kind in rule.facts)
    for kind in (
        *(ItemNeighbourhood, TeamFacts, ObjectiveFacts, KeyResultFacts, CapacityFacts, CycleFacts, ConnectionFacts),
    )
}
_WATCHING: Final = tuple(rule.watches for rule in _BY_FACTS[ItemNeighbourhood])


def rules_of(facts: type[Facts]) -> tuple[Rule[Any], ...]:
    """Return the rules that judge facts of this kind."""
    return _BY_FACTS[facts]


def is_watched(item: ItemFacts) -> bool:
    """Tell whether any rule could say anything of this item for what stands in its own row."""
    return any(watches(item) for watches in _WATCHING)


def judge(facts: Facts, context: Context, now: datetime) -> Verdict:
    """Return what all rules for these facts say of them at `now`; those that are off say nothing, others are marked."""
    verdict = merge(rule.judge(facts, context, now) for rule in _BY_FACTS[type(facts)])
    return by_mode(verdict, context)


def by_mode(verdict: Verdict, context: Context) -> Verdict:
    """Return the verdict without findings of rules that are off where they are; those in the shadow are marked."""
    if not context.has_modes or not verdict.findings:
        return verdict
    kept = []
    for draft in verdict.findings:
        mode = context.mode(draft.rule, draft.team, draft.objective)
        if mode is not Mode.OFF:
            kept.append(draft if mode is Mode.ON else replace(draft, shadow=True))
    return replace(verdict, findings=tuple(kept))


def tell(draft: Draft, subjects: Mapping[str, Subject], context: Context, now: datetime) -> Text:
    """Return the finding in words as of `now`; `subjects` name the items among its subjects, by ref."""
    return BY_NAME[draft.rule].tell(Telling(draft, subjects, context, now))
