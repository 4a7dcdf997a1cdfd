"""What is open after a day, gone to day by day, is what a judge of everything finds at that day's moment."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from schemas.findings import Severity
from schemas.strategy import Strategy
from schemas.work_items import WorkItem, WorkItemChange
from services.backtest.days import Days
from services.backtest.key_results import Measurements
from services.connectors.export.survey import Entry, entries_of, survey
from services.connectors.mapped import Mapped, MappingOptions, Telling
from services.connectors.pages import MAPPERS
from services.detector.facts import Measured
from services.detector.policy import compile_strategy
from services.detector.rules.registry import BY_NAME
from tests.backtest.company import FIRST, LAST, strategy, write
from tests.backtest.past import RULES, Told, exports, load_past, plain, run_of, told
from tests.connectors.shared_data import archive, shared
from tests.detector.references import DATA, REFERENCES, SITE, Reference
from tests.detector.rule_sets import REFERENCED

STEPS = "key-result:easy/steps"
MEASURED: Measurements = {
    STEPS: tuple(
        Measured(datetime(2026, 5, day, 9, tzinfo=UTC), value, "csv") for day, value in ((5, 9), (12, 8.9), (20, 8.8))
    )
}


def fresh(paths: Iterable[Path], plan: Strategy, day: date, measured: Measurements) -> list[Told]:
    """Return what a backtest of this day alone finds."""
    run = run_of(load_past(paths, plan, Days(day, day)), plan, measured=measured)
    list(run.days())
    return told(run.open())


def compared(paths: tuple[Path, ...], plan: Strategy, days: Days, every: int, measured: Measurements) -> set[str]:
    """Go through the days, compare every so many with a fresh start there, and return the rules that fired."""
    run = run_of(load_past(paths, plan, days), plan, measured=measured)
    for number, now in enumerate(run.days()):
        if number % every == 0:
            assert told(run.open()) == fresh(paths, plan, now.date(), measured), now
    return {life.draft.rule for life in run.lives}


@pytest.mark.parametrize("seed", range(4))
def test_day_by_day_is_as_fresh_on_each_day(seed: int, tmp_path: Path) -> None:
    paths = (write(tmp_path / "made.jsonl", seed),)
    fired = compared(paths, strategy(), Days(FIRST, LAST), 3, MEASURED)
    assert len(fired) > 15, "the company shows few of the rules"


def test_all_rules_on_items_teams_objectives_and_shares_fire_in_the_company(tmp_path: Path) -> None:
    """Else the equality above says nothing of those that do not."""
    fired: set[str] = set()
    for seed in range(4):
        run = run_of(load_past((write(tmp_path / f"{seed}.jsonl", seed),), strategy(), Days(FIRST, LAST)), strategy(),
                     measured=MEASURED)  # fmt: skip
        list(run.days())
        fired |= {life.draft.rule for life in run.lives}
    assert RULES - fired == set()


def test_forecasts_are_made_day_by_day_as_they_are_made_fresh(tmp_path: Path) -> None:
    path, plan, rule = write(tmp_path / "made.jsonl", 1, issues=200), strategy(), ("forecast-miss",)
    run = run_of(load_past((path,), plan, Days(date(2026, 6, 15), date(2026, 6, 17))), plan, rule)
    for now in run.days():
        alone = run_of(load_past((path,), plan, Days(now.date(), now.date())), plan, rule)
        list(alone.days())
        assert [draft.evidence for draft in run.open()] == [draft.evidence for draft in alone.open()]
    assert run.open(), "nothing was foretold"


def test_what_is_overdue_is_foretold_as_the_detector_foretells_it(tmp_path: Path) -> None:
    path, whole = write(tmp_path / "made.jsonl", 1, issues=200), strategy()
    overdue = tuple(one.model_copy(update={"due_on": date(2026, 6, 12)}) for one in whole.objectives)
    plan = whole.model_copy(update={"objectives": overdue})
    run = run_of(load_past((path,), plan, Days(date(2026, 6, 15), date(2026, 6, 15))), plan, ("forecast-miss",))
    list(run.days())
    assert {draft.severity for draft in run.open()} == {Severity.HIGH}


def test_real_histories_day_by_day_are_as_fresh() -> None:
    plan = Strategy.model_validate(
        {
            "version": 1,
            "cycle": {"id": "c", "starts_on": "2020-06-01", "ends_on": "2022-12-31"},
            "objectives": [{"id": "all", "title": "All of it", "team": "ee", "work": [{"tracker": "jira"}]}],
            "policy": {"aging_min_finished": 1, "rework_min_moved": 1, "scope_min_base": 1, "unaligned_min_items": 1},
        }
    )
    fired = compared(shared("devlake-jira/issues.jsonl.gz"), plan, Days(date(2020, 6, 13), date(2022, 8, 1)), 40, {})
    assert {"objective-starved", "rework"} <= fired


@pytest.mark.parametrize("seed", [5, 6])
def test_day_by_day_is_what_everything_judged_the_plain_way_comes_to(seed: int, tmp_path: Path) -> None:
    path, plan, days = write(tmp_path / "made.jsonl", seed), _referenced(strategy()), Days(FIRST, LAST)
    run = run_of(load_past((path,), plan, days), plan)
    for now in run.days():
        assert told(run.open()) == plain(*_told((path,), now), plan, now), now
    assert run.lives


def test_the_archives_findings_are_those_judged_the_plain_way() -> None:
    reference = Reference("jira-archive", ("MOD",), "2018-06-29")
    paths, plan = archive("MOD"), reference.strategy()
    days = Days(date(2015, 1, 1), date(2018, 6, 30))
    run = run_of(load_past(paths, plan, days), plan)
    month_ends = 0
    for now in run.days():
        if (now + timedelta(days=1)).day == 1 and now.month % 4 == 0:
            month_ends += 1
            assert told(run.open()) == plain(*_told(paths, now), plan, now), now
    assert month_ends == 10


@pytest.mark.skipif(not DATA.exists(), reason="the reference data is not beside this checkout")
@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.path.stem)
def test_findings_are_those_of_the_reference(reference: Reference) -> None:
    plan, last = reference.strategy(), date.fromisoformat(reference.day)
    past = load_past(exports(reference.folder, reference.exports), plan, Days(last - timedelta(days=10), last))
    run = run_of(past, plan)
    list(run.days())
    found = []
    for draft in run.open():
        subjects = [past.keys.get(ref, ref) for ref in draft.subjects]
        # The reference sorts the members of a cycle by key, a finding by ref.
        shown = sorted(subjects) if draft.rule == "dependency-cycle" else subjects
        found.append((draft.rule, shown, draft.severity.value, draft.team, draft.objective))
    wanted = [tuple(one[name] for name in ("rule", "subjects", "severity", "team", "objective"))
              for one in reference.expected()["findings"]]  # fmt: skip
    assert sorted(found, key=str) == sorted(wanted, key=str)


def _referenced(plan: Strategy) -> Strategy:
    off = {name: "off" for name in BY_NAME if name not in REFERENCED}
    changed = plan.model_copy(update={"policy": plan.policy | {"rules": off}})
    compile_strategy(changed)
    return changed


def _told(paths: tuple[Path, ...], now: datetime) -> tuple[list[WorkItem], list[WorkItemChange]]:
    """Return all items mapped as of this moment, and what is told of their past, without any load."""
    found = survey(paths)
    items: list[WorkItem] = []
    changes: list[WorkItemChange] = []
    options = MappingOptions(status_categories=found.status_categories, twin_site=SITE, telling=Telling.MEANINGS)
    for entry in entries_of(paths, found):
        outcome = MAPPERS[entry.tracker](entry.raw, SITE, now, options) if isinstance(entry, Entry) else None
        if isinstance(outcome, Mapped):
            is_jira = outcome.item.ref.startswith("jira:")
            items.append(found.index.placed(outcome.item) if is_jira else outcome.item)
            changes += outcome.changes
    return items, changes
