"""The made-up company: the same for the same seed, whole, and in its trackers' shapes."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest

from schemas.work_items import ItemType, StatusCategory, Tracker, WorkItem
from services.connectors.asana.mapping import map_task
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions, Outcome
from services.detector.policy import compile_strategy
from services.sandbox.company import Company, RawItem, build_company

TODAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SEEDS = (1, 2, 3)


@cache
def company(seed: int = 1) -> Company:
    return build_company(seed, TODAY)


def mapped(item: RawItem) -> WorkItem:
    outcome: Outcome
    if item.tracker is Tracker.JIRA:
        outcome = map_issue(item.raw, item.site, None, MappingOptions())
    else:
        outcome = map_task(item.raw, item.site, None, MappingOptions())
    assert isinstance(outcome, Mapped), outcome
    return outcome.item


def test_the_same_seed_and_day_make_the_same_company() -> None:
    first, second = build_company(5, TODAY), build_company(5, TODAY)
    assert first.strategy_yaml == second.strategy_yaml
    told = [json.dumps([str(e.at), e.item.raw]) for e in first.events()]
    assert told == [json.dumps([str(e.at), e.item.raw]) for e in second.events()]


def test_another_seed_makes_another_company() -> None:
    assert company(1).items_at(TODAY) != company(2).items_at(TODAY)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_has_800_items_in_both_trackers_six_teams_and_eight_objectives(seed: int) -> None:
    trackers = Counter(item.tracker for item in company(seed).items_at(TODAY))
    assert trackers.total() == company(seed).size == 800
    assert trackers[Tracker.ASANA] > 200
    strategy = company(seed).strategy
    assert (len(strategy.teams), len(strategy.objectives)) == (6, 8)
    assert strategy.cycle.starts_on <= TODAY.date() <= strategy.cycle.ends_on


@pytest.mark.parametrize("day", range(7))
def test_any_day_of_the_week_will_do(day: int) -> None:
    today = TODAY + timedelta(days=day)
    made = build_company(1, today)
    moments = [happening.at for happening in made.events()]
    assert moments == sorted(moments)
    assert moments[-1] <= today
    assert timedelta(weeks=12) <= today.date() - made.starts_on < timedelta(weeks=13)
    assert made.days()[-1] == today


def test_people_work_on_working_days_and_in_office_hours() -> None:
    for happening in company().events():
        assert happening.at.weekday() < 5
        assert 8 <= happening.at.hour < 18


def test_the_last_telling_of_each_item_is_how_it_stands_today() -> None:
    """Streaming the quarter and loading its end come to the same, but for how far ends of links stand."""
    newest = {mapped(item).ref: mapped(item) for item in company().items_at(company().days()[0])}
    newest |= {mapped(happening.item).ref: mapped(happening.item) for happening in company().events()}
    assert newest == {item.ref: item for item in map(mapped, company().items_at(TODAY))}


def test_day_by_day_nothing_is_left_out() -> None:
    """The items before the quarter, and then what changed each day, come to the items of today."""
    days = company().days()
    state = {mapped(item).ref: mapped(item) for item in company().items_at(days[0])}
    for before, after in pairwise(days):
        state |= {mapped(item).ref: mapped(item) for item in company().changed_between(before, after)}
    assert state == {item.ref: item for item in map(mapped, company().items_at(TODAY))}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_item_can_be_mapped_and_all_stages_of_work_are_there(seed: int) -> None:
    items = [mapped(item) for item in company(seed).items_at(TODAY)]
    assert len({item.ref for item in items}) == len(items)
    stages = Counter((item.ref.split(":")[0], item.status_category) for item in items)
    for tracker in Tracker:
        for category in StatusCategory:
            assert stages[tracker.value, category] >= 1, (tracker, category)
    assert sum(len(item.dependencies) for item in items) > 20


def test_titles_are_unique_and_read_like_work() -> None:
    titles = [work.title for work in company().works]
    assert len(set(titles)) == len(titles)
    assert all(title[0].isupper() and 2 <= len(title.split()) <= 14 for title in titles)


def test_both_ends_of_a_link_tell_the_same_link() -> None:
    items = [item.raw["fields"] for item in company().items_at(TODAY) if item.tracker is Tracker.JIRA]
    sides = Counter(link["id"] for fields in items for link in fields["issuelinks"])
    assert sides
    assert set(sides.values()) == {2}


@pytest.mark.parametrize("seed", SEEDS)
def test_twins_dependencies_epics_subtasks_sprints_and_estimates_are_there(seed: int) -> None:
    items = {item.ref: item for item in map(mapped, company(seed).items_at(TODAY))}
    teams = {ref: item.project.key or item.project.name for ref, item in items.items()}
    across = {
        (teams[each.blocker], teams[ref])
        for ref, item in items.items()
        for each in item.dependencies
        if each.blocker in teams
    }
    twins = Counter(twin.tracker for item in items.values() for twin in item.twins)
    kinds = Counter((item.ref.split(":")[0], item.type) for item in items.values())
    assert len({pair for pair in across if pair[0] != pair[1]}) >= 6
    assert twins[Tracker.JIRA] >= 3
    assert twins[Tracker.ASANA] >= 3
    assert kinds["jira", ItemType.EPIC] > 30
    assert kinds["jira", ItemType.SUBTASK] > 30
    assert kinds["asana", ItemType.SUBTASK] > 30
    assert sum(item.sprint is not None for item in items.values()) > 50
    keys = {item.key: item for item in items.values()}
    told = [(item, twin.key or "") for item in items.values() for twin in item.twins]
    assert all(key in keys and item.ref.split(":")[0] != keys[key].ref.split(":")[0] for item, key in told)


def test_some_items_are_put_off_and_some_get_another_parent() -> None:
    fields = Counter(change.field for work in company().works for change in work.changes)
    slips = [work for work in company().works if sum(change.field == "due" for change in work.changes) > 1]
    assert len(slips) >= 5
    assert fields["parent"] >= 10
    assert fields["sprint"] > 100


def test_its_people_mend_their_strategy_twice_and_each_form_is_sound() -> None:
    made = company()
    assert [one.day for one in made.revisions] == sorted(one.day for one in made.revisions)
    assert len({one.text for one in made.revisions}) == len(made.revisions) == 3
    for one in made.revisions:
        compile_strategy(made.strategy_on(one.day))
    assert made.strategy_on(made.starts_on) != made.strategy == made.strategy_on(TODAY.date())


def test_goals_move_over_the_quarter_and_one_is_named_by_nothing() -> None:
    named = {
        result.source["asana_goal"]
        for objective in company().strategy.objectives
        for result in objective.key_results
        if result.source
    }
    goals = {goal.gid: goal for goal in company().goals}
    assert len(named) == 3
    assert named < set(goals)
    for goal in goals.values():
        assert len(goal.measured) >= 9
        assert goal.value_at(TODAY) != goal.initial == goal.value_at(goal.measured[0].at - timedelta(days=1))
    assert [update.at for update in company().status_updates] == sorted(
        update.at for update in company().status_updates
    )


def test_history_reaches_back_twelve_weeks() -> None:
    moments = [change.at for work in company().works for change in work.changes]
    assert TODAY - min(moments) >= timedelta(weeks=12)


def test_as_many_items_as_wanted_are_made_one_by_one_each_the_only_one_with_its_id_and_key() -> None:
    large = build_company(1, TODAY, items=20_000)
    items = list(large.each_at(TODAY))
    assert len(items) == large.size == 20_000
    assert len({item.raw.get("id") or item.raw["gid"] for item in items}) == 20_000
    keys = [item.raw["key"] for item in items if item.tracker is Tracker.JIRA]
    assert len(set(keys)) == len(keys)
    histories = [each["id"] for item in items for each in item.raw.get("changelog", {}).get("histories", ())]
    assert len(histories) == len(set(histories))
