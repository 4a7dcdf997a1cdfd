"""Builders of facts and of a strategy for the tests of rules. All teams, people and items are invented.

Monday is 15 June 2026. Team `app` works Monday to Friday in UTC; `pay` in Berlin with its holidays, `tokyo` in Tokyo
without any; `gulf` rests on Friday and Saturday. The cycle is over in a year's time, so that no due is near by itself.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.strategy import Strategy
from schemas.work_items import StatusCategory
from services.detector.context import Context
from services.detector.facts import (
    ConnectionFacts,
    DependencyFacts,
    ItemFacts,
    ItemNeighbourhood,
    KeyResultFacts,
    ObjectiveFacts,
    TeamFacts,
)
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.rules.registry import BY_NAME, tell
from services.detector.verdict import Draft, Verdict

MONDAY = datetime(2026, 6, 15, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANSWERED = {"owner": "ana", "due_on": "2027-06-30"}
"""What makes an objective lack nothing: an owner, and a due of its own, here the cycle's last day."""
TODO, IN_PROGRESS, DONE = StatusCategory.TODO, StatusCategory.IN_PROGRESS, StatusCategory.DONE


def at(text: str) -> datetime:
    """Return the instant that `2026-06-15`, at noon, or `2026-06-15T08:30` mean in UTC."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00").replace(tzinfo=UTC)


def item(number: int = 1, **fields: Any) -> ItemFacts:
    """Return an item `APP-<number>` of team app: to do, created and touched on 5 January 2026, assigned to Ana."""
    team = fields.get("team", "app")
    values: dict[str, Any] = {
        "ref": f"jira:made:{number}",
        "key": f"{team.upper()}-{number}",
        "title": f"Item {number}",
        "status_category": TODO,
        "created": LONG_AGO,
        "touched": LONG_AGO,
        "assignee": "Ana",
        "team": team,
    }
    return ItemFacts(**(values | fields))


def strategy(policy: dict[str, Any] | None = None, **parts: Any) -> Strategy:
    """Return the strategy of the docstring above, with objectives `easy` of team app and `safe` of team pay."""
    calendars = [
        {"id": "berlin", "time_zone": "Europe/Berlin", "country": "DE", "subdivision": "BE"},
        {"id": "tokyo", "time_zone": "Asia/Tokyo"},
        {"id": "gulf", "weekend": ["fri", "sat"]},
    ]
    teams = [
        {"id": "app", "name": "App"},
        {"id": "pay", "name": "Pay", "calendar": "berlin"},
        {"id": "tokyo", "name": "Tokyo", "calendar": "tokyo"},
        {"id": "gulf", "name": "Gulf", "calendar": "gulf"},
    ]
    objectives = [
        {"id": "easy", "title": "Buyers pay in one step", "team": "app"} | ANSWERED,
        {"id": "safe", "title": "No order is lost", "team": "pay", "baseline_on": "2026-05-04"} | ANSWERED,
    ]
    whole = {
        "version": 1,
        "cycle": {"id": "c", "starts_on": "2026-05-01", "ends_on": "2027-06-30"},
        "calendars": calendars,
        "teams": teams,
        "objectives": objectives,
        "policy": policy or {},
    }
    return Strategy.model_validate(whole | parts)


CONTEXT = compile_strategy(strategy())


def waiting(blocker: ItemFacts, *dependents: ItemFacts, made: datetime | None = None) -> ItemNeighbourhood:
    """Return the blocker with those that wait for it."""
    return ItemNeighbourhood(blocker, waiting=tuple(DependencyFacts(dependent, made) for dependent in dependents))


def judged(rule: str, facts: Any, now: datetime = MONDAY, context: Context = CONTEXT) -> Verdict:
    """Return what this one rule says."""
    verdict: Verdict = BY_NAME[rule].judge(facts, context, now)
    return verdict


ON_DEPENDENCIES = frozenset(
    {"stalled-dependency", "dependency-date-conflict", "undated-blocker", "late-start", "unowned-blocker"}
)


def _ref_of(facts: Any) -> str | None:
    """Return what these facts are about; none where they are about more than one thing."""
    match facts:
        case ObjectiveFacts():
            return f"objective:{facts.objective}"
        case TeamFacts():
            return f"team:{facts.team}"
        case KeyResultFacts():
            return f"key-result:{facts.objective}/{facts.key_result}"
        case ConnectionFacts():
            return f"connection:{facts.connection}"
    return None


def _subjects(rule: str, facts: Any) -> list[tuple[str, ...]]:
    """Return what the rule may have findings on, of these facts."""
    if not isinstance(facts, ItemNeighbourhood):
        ref = _ref_of(facts)
        return [(ref,)] if ref else []
    ref = facts.item.ref
    if rule in ON_DEPENDENCIES:
        return [(ref, wait.dependent.ref) for wait in facts.waiting]
    if rule == "tracker-disagreement":
        return [(ref, twin.item.ref) for twin in facts.twins if ref < twin.item.ref]
    return [(ref,)]


def severity(rule: str, facts: Any, now: datetime = MONDAY, context: Context = CONTEXT) -> str | None:
    """Return the severity of the one finding of this rule, or none where it holds none; its conditions agree."""
    findings = judged(rule, facts, now, context).findings
    for subjects in _subjects(rule, facts):
        asked(rule, facts, *subjects, now=now, context=context)
    assert len(findings) <= 1
    return str(findings[0].severity) if findings else None


def told(draft: Draft, *items: ItemFacts, now: datetime = MONDAY, context: Context = CONTEXT) -> Text:
    """Return the draft in words."""
    return tell(draft, {each.ref: each.subject for each in items}, context, now)


def begun(number: int = 1, **fields: Any) -> ItemFacts:
    """Return an item in progress, begun on 1 June 2026."""
    return item(number, **({"status_category": IN_PROGRESS, "started": at("2026-06-01")} | fields))


def asked(
    rule: str, facts: Any, *subjects: str, now: datetime = MONDAY, context: Context = CONTEXT
) -> tuple[Condition, ...]:
    """Return the rule's conditions for these subjects; all of them hold exactly when it has a finding on them."""
    conditions: tuple[Condition, ...] = BY_NAME[rule].conditions(facts, context, now, subjects)
    found = any(draft.subjects == subjects for draft in judged(rule, facts, now, context).findings)
    assert found == all(condition.holds for condition in conditions)
    return conditions


def begins_at(rule: str, facts: Any, moment: datetime, context: Context = CONTEXT) -> Draft:
    """Return the one finding that the rule has from this moment on, for which it asked a moment before."""
    earlier = moment - timedelta(microseconds=1)
    before = judged(rule, facts, earlier, context)
    assert (before.findings, before.check_after) == ((), moment)
    for subjects in _subjects(rule, facts):
        told_before = asked(rule, facts, *subjects, now=earlier, context=context)
        assert moment in {one.changes_at for one in told_before}
        asked(rule, facts, *subjects, now=moment, context=context)
    (draft,) = judged(rule, facts, moment, context).findings
    return draft


def in_words(rule: str, facts: Any, *others: ItemFacts, now: datetime = MONDAY, context: Context = CONTEXT) -> Text:
    """Return the one finding of this rule in words."""
    (draft,) = judged(rule, facts, now, context).findings
    items = [*others, facts.item] if isinstance(facts, ItemNeighbourhood) else others
    return told(draft, *items, now=now, context=context)
