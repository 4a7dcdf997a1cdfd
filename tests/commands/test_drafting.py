"""A first strategy is drafted from what a site has, passes `leeway check`, and never takes a line away."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from schemas.strategy import Strategy
from schemas.work_items import Tracker
from services.commands.drafting import MOST_OBJECTIVES, Draft, Found, cycle_of, draft, slug
from services.connectors.catalogue import Gathering, GatheringKind
from services.connectors.tracker import Goal, Scope
from services.detector.policy import parse_policy
from services.mapper.strategy_file import check_strategy

TODAY = date(2026, 11, 21)
SCOPES = (Scope("1", "Growth", "GROW"), Scope("2", "Plattform: Über", "PLAT"))
HELP_DESK = Scope("9", "Help desk")


def epic(number: int, title: str = "First booking: #1 [day one]", due: date | None = None) -> Gathering:
    return Gathering(GatheringKind.EPIC, str(number), title, f"GROW-{number}", ("GROW",), "Ilva Marrin", due)


JIRA = Found(Tracker.JIRA, SCOPES, (epic(1), replace(epic(2), name="日本語", projects=("PLAT",), owner=None)))
FEWER = Goal("77", "Fewer calls", owner="Greta", due_on="2026-12-31", unit="percent", initial=100.0, target=50.0)
TRUST = Gathering(GatheringKind.PORTFOLIO, "7", "Trust", None, ("Help desk", "Not read"), "Ilva Marrin")
ASANA = Found(Tracker.ASANA, (HELP_DESK,), (TRUST,), (FEWER, Goal("78", "No measure")))


def sound(made: Draft, folder: Path) -> Strategy:
    """Return the strategy, which has nothing to mend and nothing to look at."""
    path = folder / "drafted.yaml"
    path.write_text(made.text, encoding="utf-8")
    checked = check_strategy(path, parse_policy)
    assert checked.problems == ()
    assert checked.strategy is not None
    return checked.strategy


def test_teams_come_from_projects_and_objectives_from_epics(tmp_path: Path) -> None:
    made = draft(JIRA, TODAY)
    strategy = sound(made, tmp_path)
    assert [(team.id, team.name) for team in strategy.teams] == [
        ("growth", "Growth"),
        ("plattform-uber", "Plattform: Über"),
    ]
    assert [team.owns[0].project for team in strategy.teams] == ["GROW", "PLAT"]
    first, second = strategy.objectives
    assert (first.id, first.team, first.owner, first.work[0].epic) == (
        "first-booking-1-day-one",
        "growth",
        "ilva-marrin",
        "GROW-1",
    )
    assert (second.id, second.title, second.team, second.owner) == ("objective-2", "日本語", "plattform-uber", None)
    assert [(person.id, person.name) for person in strategy.people] == [("ilva-marrin", "Ilva Marrin")]
    assert (made.teams, made.objectives, made.left_out) == (2, 2, 0)


def test_key_results_come_from_goals_and_name_their_source(tmp_path: Path) -> None:
    fewer, unmeasured, trust = sound(draft(ASANA, TODAY), tmp_path).objectives
    (result,) = fewer.key_results
    assert result.source == {"asana_goal": "77"}
    assert (result.unit, result.baseline, result.target) == ("percent", 100, 50)
    assert fewer.due_on == date(2026, 12, 31)
    assert unmeasured.key_results == ()
    assert [selector.project for selector in trust.work] == ["Help desk"]


def test_a_second_site_is_added_and_every_line_of_the_file_stays(tmp_path: Path) -> None:
    before = draft(JIRA, TODAY).text.replace("teams:", "teams:  # ours\n  # really")
    made = draft(ASANA, TODAY, before)
    strategy = sound(made, tmp_path)
    lines = iter(made.text.splitlines())
    assert all(line in lines for line in before.splitlines())
    assert [team.id for team in strategy.teams] == ["growth", "plattform-uber", "help-desk"]
    assert [person.id for person in strategy.people] == ["ilva-marrin", "greta"]
    assert (made.teams, made.objectives) == (1, 3)


@pytest.mark.parametrize("found", [JIRA, ASANA], ids=["jira", "asana"])
def test_what_is_there_already_is_not_added_again(found: Found) -> None:
    once = draft(found, TODAY)
    again = draft(found, TODAY, once.text)
    assert again == Draft(once.text, 0, 0, 0)


def test_a_team_that_owns_a_project_under_another_name_keeps_it(tmp_path: Path) -> None:
    before = draft(JIRA, TODAY).text.replace("id: growth", "id: sales").replace("team: growth", "team: sales")
    strategy = sound(draft(replace(JIRA, gatherings=(epic(3, "Later"),)), TODAY, before), tmp_path)
    assert [team.id for team in strategy.teams] == ["sales", "plattform-uber"]
    assert strategy.objectives[-1].team == "sales"


def test_what_is_due_first_comes_first_and_what_is_too_much_is_counted(tmp_path: Path) -> None:
    epics = tuple(epic(number, f"Epic {number}", TODAY + timedelta(days=50 - number)) for number in range(25))
    made = draft(replace(JIRA, gatherings=epics), TODAY)
    strategy = sound(made, tmp_path)
    assert strategy.objectives[0].title == "Epic 24"
    assert (made.objectives, made.left_out) == (MOST_OBJECTIVES, 5)


def test_a_site_without_epics_gives_teams_only(tmp_path: Path) -> None:
    assert sound(draft(replace(JIRA, gatherings=()), TODAY), tmp_path).objectives == ()


def test_selectors_name_the_site_where_several_of_a_tracker_are_read(tmp_path: Path) -> None:
    strategy = sound(draft(replace(JIRA, site="main"), TODAY), tmp_path)
    assert {selector.site for team in strategy.teams for selector in team.owns} == {"main"}
    assert {selector.site for one in strategy.objectives for selector in one.work} == {"main"}


@pytest.mark.parametrize(
    ("today", "starts", "ends"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 6, 30), date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_the_cycle_is_the_quarter_of_the_day(today: date, starts: date, ends: date) -> None:
    found = cycle_of(today)
    assert (found["starts_on"], found["ends_on"]) == (starts, ends)


@pytest.mark.parametrize(
    ("name", "taken", "made"),
    [
        ("Growth & Co.", (), "growth-co"),
        ("Élan", ("elan",), "elan-2"),
        ("---", (), "other"),
        ("x" * 90, (), "x" * 48),
        ("A", ("a", "a-2"), "a-3"),
    ],
)
def test_an_id_is_made_of_a_name_in_any_script(name: str, taken: tuple[str, ...], made: str) -> None:
    assert slug(name, taken, "other") == made
