"""What Leeway would have said of the made-up quarter, evening by evening, by the rules themselves without any I/O."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import pytest

from schemas.work_items import WorkItem
from services.detector.fingerprint import fingerprint
from services.detector.policy import compile_strategy
from services.sandbox.company import Company, build_company
from tests.detector.brute import World
from tests.detector.references import place
from tests.sandbox.test_company import TODAY, company, mapped

ELEVEN = {
    "stalled-dependency", "dependency-date-conflict", "unowned-blocker", "dependency-cycle", "missed-handoff",
    "bottleneck-team", "unaligned-work", "ambiguous-alignment", "objective-idle", "scope-growth", "stale-work",
}  # fmt: skip
SEEDS = (1, 2)


def found(made: Company, evening: datetime, items: Iterable[WorkItem]) -> dict[str, str]:
    """Return the rules of all findings that hold on an evening, by fingerprint."""
    strategy = made.strategy_on(evening.date())
    verdict = World(place(list(items), strategy), compile_strategy(strategy), evening).judge()
    return {fingerprint(draft.rule, draft.subjects): draft.rule for draft in verdict.findings}


@cache
def told(seed: int) -> tuple[Counter[str], Counter[str], dict[str, str]]:
    """Return how many findings of each rule opened and ended over the quarter, and those that still hold."""
    opened, ended = Counter[str](), Counter[str]()
    holding: dict[str, str] = {}
    made = build_company(seed, TODAY, items=0)
    items: dict[str, WorkItem] = {}
    before = datetime.min.replace(tzinfo=UTC)
    for evening in made.days():
        items |= {item.ref: item for item in map(mapped, made.changed_between(before, evening))}
        before = evening
        if evening.weekday() < 5:
            now = found(made, evening, items.values())
            opened.update(rule for name, rule in now.items() if name not in holding)
            ended.update(rule for name, rule in holding.items() if name not in now)
            holding = now
    return opened, ended, holding


@pytest.mark.parametrize("seed", SEEDS)
def test_every_one_of_the_eleven_rules_fires(seed: int) -> None:
    assert set(told(seed)[0]) >= ELEVEN


@pytest.mark.parametrize("seed", SEEDS)
def test_alerts_are_as_many_as_people_can_read_in_a_quarter(seed: int) -> None:
    assert 25 <= sum(count for rule, count in told(seed)[0].items() if rule in ELEVEN) <= 60


@pytest.mark.parametrize("seed", SEEDS)
def test_most_of_it_comes_right_and_something_is_left_for_today(seed: int) -> None:
    opened, ended, holding = told(seed)
    assert set(ended) >= ELEVEN - {"scope-growth"}
    assert ended.total() > opened.total() / 2
    assert len(set(holding.values())) >= 5


def test_the_quarter_begins_with_nothing_to_say() -> None:
    first = company(1).days()[0]
    opened = found(company(1), first, map(mapped, company(1).items_at(first)))
    assert not ELEVEN & set(opened.values())
