"""A strategy with key results, shares and members, and what the rules on them are asked. All of it is invented.

Objective `easy` is of team app (UTC, with Ana, Bo and Cy), `safe` of team pay (Berlin), `far` of team tokyo. Each has
the key results `steps` (10 to 50 %, weekly), `fewer` (40 down to 20, without a unit) and `open` (no target). The cycle
is of 100 days, from 2026-03-16 to 2026-06-23, so that a day is a point.
"""

from datetime import datetime, timedelta
from typing import Any

from services.detector.context import Context
from services.detector.facts import KeyResultFacts, Measured
from services.detector.policy import compile_strategy
from services.detector.rules.registry import BY_NAME
from services.detector.verdict import Draft
from tests.detector.made import at, judged, strategy

CYCLE = {"id": "spring", "starts_on": "2026-03-16", "ends_on": "2026-06-23"}
TEAMS = [
    {"id": "app", "name": "App", "members": ["Ana", "Bo", "Cy"]},
    {"id": "pay", "name": "Pay", "calendar": "berlin"},
    {"id": "tokyo", "name": "Tokyo", "calendar": "tokyo"},
]
CAPACITY = [{"id": "keep", "share": [0.2, 0.3]}, {"id": "grow", "share": [0.5, 0.5]}]
BETS = [{"id": "self-serve", "statement": "Shops help themselves", "budget": 0.4}, {"id": "free", "statement": "Free"}]


def key_results(**fields: Any) -> list[dict[str, Any]]:
    """Return the key results of the docstring above, with these fields of `steps` changed."""
    steps = {"id": "steps", "title": "Buyers who pay in one step", "unit": "%", "baseline": 10, "target": 50}
    fewer = {"id": "fewer", "title": "Minutes until an order is found again", "baseline": 40, "target": 20}
    return [steps | fields, fewer, {"id": "open", "title": "Buyers who come back", "baseline": 10}]


def context(policy: dict[str, Any] | None = None, steps: dict[str, Any] | None = None, **parts: Any) -> Context:
    """Return the strategy of the docstring above, compiled; `steps` changes that key result."""
    results = key_results(**(steps or {}))
    objectives = [
        {"id": "easy", "title": "Buyers pay in one step", "team": "app", "key_results": results},
        {"id": "safe", "title": "No order is lost", "team": "pay", "key_results": results},
        {"id": "far", "title": "Orders come from afar", "team": "tokyo", "key_results": results},
    ]
    whole = {"cycle": CYCLE, "teams": TEAMS, "objectives": objectives, "capacity": CAPACITY, "bets": BETS}
    return compile_strategy(strategy(policy, **(whole | parts)))


GROUPS = context()


def measured(*pairs: tuple[str, float], key_result: str = "steps", objective: str = "easy") -> KeyResultFacts:
    """Return the key result with these values at these moments."""
    values = tuple(Measured(at(when), value, "made") for when, value in pairs)
    return KeyResultFacts(objective, key_result, values)


def draft_of(rule: str, facts: Any, now: datetime, context: Context = GROUPS) -> Draft:
    """Return the one finding of this rule."""
    (draft,) = judged(rule, facts, now, context).findings
    return draft


def evidence(draft: Draft) -> list[tuple[Any, ...]]:
    """Return a draft's evidence as (fact, ref, at, value)."""
    return [(one.fact, one.ref, one.at, one.value) for one in draft.evidence]


def sentences(rule: str, facts: Any, now: datetime, subject: str, context: Context = GROUPS) -> list[tuple[str, bool]]:
    """Return what the conditions of this rule say, and whether they hold; all of them do if and only if it finds it."""
    conditions = BY_NAME[rule].conditions(facts, context, now, (subject,))
    found = judged(rule, facts, now, context).findings
    assert all(one.holds for one in conditions) == bool(found)
    assert all(one.changes_at is None or one.changes_at > now for one in conditions)
    return [(one.says, one.holds) for one in conditions]


def changes(rule: str, facts: Any, now: datetime, subject: str, context: Context = GROUPS) -> list[datetime | None]:
    """Return when each condition changes by itself."""
    return [one.changes_at for one in BY_NAME[rule].conditions(facts, context, now, (subject,))]


def refuses_others(rule: str, facts: Any, now: datetime, known: str, context: Context = GROUPS) -> None:
    """Assert that of a subject that the facts are not about there is one condition, which does not hold."""
    (only,) = BY_NAME[rule].conditions(facts, context, now, ("team:else", "team:more"))
    assert (only.says, only.holds) == (f"Nothing is known here of team:else and team:more, but of {known}.", False)


MICROSECOND = timedelta(microseconds=1)
