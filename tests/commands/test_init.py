"""`leeway init` shows how a site is read, writes what was agreed on, and never more than that."""

import asyncio
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.work_items import StatusCategory, Tracker
from services.commands.describing import Wanted
from services.commands.init import init
from services.commands.looking import telling
from services.commands.questions import NoQuestions, Questions
from services.connectors.catalogue import FieldFound, SiteCatalogue, StatusFound
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.tracker import Goal, Scope
from services.runtime.clock import HeldClock
from services.runtime.configuration import load_configuration
from services.runtime.connections import AsanaConnection, JiraConnection, JiraKind, OutwardEnd
from services.runtime.errors import Misconfigured
from services.runtime.settings import Settings
from tests.builders import asana_task, jira_issue, jira_link
from tests.commands.fake_tracker import TOKEN, Answers, FakeTracker
from tests.commands.typed import leeway

CLOCK = HeldClock(datetime(2026, 11, 21, 9, tzinfo=UTC))
CONFIG, STRATEGY = Path("leeway.yaml"), Path("drafted.yaml")
JIRA = Wanted(
    CONFIG, STRATEGY, Tracker.JIRA, url="https://a.atlassian.net/jira/software", user="ana@a.example",
    token_secret="site",  # noqa: S106 -- its name
)  # fmt: skip
ASANA = Wanted(CONFIG, STRATEGY, Tracker.ASANA, workspace="Ops", token_secret="site")  # noqa: S106
WRITTEN_BY_HAND = """\
# ours
connections:
  - id: ops  # never rename
    tracker: asana
    workspace: Ops
    token: ops
    pace: {poll_seconds: 20}  # we are in a hurry
bots: [Rota]
"""
OPS = (Scope("900", "Onboarding"),)


def settings(**more: str) -> Settings:
    return Settings.from_env({"LEEWAY_SECRET_SITE": TOKEN, "LEEWAY_HOME": "home"} | more)


def run(wanted: Wanted, site: FakeTracker, ask: Questions | None = None, **more: Any) -> str:
    """Run it and return the configuration that it wrote."""
    try:
        asyncio.run(init(wanted, ask or NoQuestions(), more.get("settings", settings()), CLOCK, build=site.build))
    finally:
        assert site.open_now == 0  # whatever was opened is closed
    return wanted.config_out.read_text()


def test_without_questions_the_options_are_enough() -> None:
    site = FakeTracker()
    run(JIRA, site)
    (connection,) = load_configuration(CONFIG).connections
    assert isinstance(connection, JiraConnection)
    assert (connection.id, connection.url, connection.kind) == ("jira", "https://a.atlassian.net", JiraKind.CLOUD)
    assert connection.reading.start == ("customfield_1",)
    assert connection.reading.estimate == ("customfield_2",)
    assert [(link.type, link.outward_is) for link in connection.dependency_links or ()] == [
        ("10000", OutwardEnd.BLOCKER)
    ]
    assert connection.projects == ()
    assert {token for _, token in site.built} == {TOKEN}


def test_three_items_are_shown_as_they_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    run(JIRA, FakeTracker())
    shown = " ".join(capsys.readouterr().out.split())
    assert "Jira Cloud 1001.0.0 lets us in as Ilva Marrin." in shown
    assert (
        "This is how I read your items: GROW-121 Item 121 status Review -> to do start 2026-11-02 (Start date)" in shown
    )
    assert "due 2026-11-20 estimate 3 (Story Points) flagged no team - blocked by PLAT-7 blocks -" in shown
    assert "PLAT-7 Item 7" in shown
    assert "to do Open, Review done Done" in shown
    assert 'Blocks: "A blocks B" means that B waits for A nobody waits for: Causes' in shown


def test_items_that_show_most_are_shown_and_of_each_standing_one() -> None:
    due: dict[str, Any] = {"duedate": "2026-11-20"}
    waited_for, waiting = jira_link(1, "Blocks", outward=9), jira_link(1, "Blocks", inward=9)
    told: list[dict[str, Any]] = [
        {"category": "done"}, {}, due, due | {"issuelinks": [waited_for]}, due | {"issuelinks": [waiting]},
    ]  # fmt: skip
    raws = [jira_issue(number, project="GROW", **fields) for number, fields in enumerate(told, 1)]
    items = [one.item for raw in raws if isinstance(one := map_issue(raw, "main", None, MappingOptions()), Mapped)]
    assert [item.key for item in telling(items)] == ["GROW-5", "GROW-1", "GROW-4"]
    assert telling([]) == []


def test_the_first_strategy_is_sound_and_is_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    run(JIRA, FakeTracker())
    assert leeway("check", STRATEGY).out == "drafted.yaml: sound; 1 objective, 2 teams.\n"
    out = capsys.readouterr().out
    assert "Wrote drafted.yaml: 2 teams, 1 objective." in out
    assert "leeway apply drafted.yaml" in out


def test_a_typed_token_goes_into_a_file_of_ones_own_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = replace(JIRA, id="main", token_secret=None, projects=("GROW",))
    text = run(wanted, FakeTracker(), Answers(["typed token", "y"]))
    file = Path("home/secrets/main")
    assert file.read_text() == "typed token\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "typed token" not in text + STRATEGY.read_text() + capsys.readouterr().out
    assert settings(LEEWAY_SECRET_MAIN_FILE=str(file)).secret("main").get_secret_value() == "typed token"


def test_what_to_export_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    run(replace(JIRA, id="main", token_secret=None, projects=("GROW",)), FakeTracker(), Answers(["typed", "y"]))
    assert f"export LEEWAY_SECRET_MAIN_FILE={Path('home/secrets/main').absolute()}" in capsys.readouterr().out


def test_the_projects_are_chosen_from_those_that_the_token_sees() -> None:
    ask = Answers(["main", "PLAT", "y"])
    run(JIRA, FakeTracker(), ask)
    (connection,) = load_configuration(CONFIG).connections
    assert connection.projects == ("PLAT",)
    assert leeway("check", STRATEGY).out == "drafted.yaml: sound; 1 objective, 1 team.\n"


def test_a_guess_that_is_wrong_is_put_right_and_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    site, wrong = FakeTracker(), ["Reveiw = in progress", "Review = in progress"]
    ask = Answers(["main", "", "n", "Start date", "T-shirt", "", "", *wrong, "Causes", "n", "y"])
    run(JIRA, site, ask)
    (connection,) = load_configuration(CONFIG).connections
    assert connection.reading.estimate == ("customfield_3",)
    assert connection.reading.statuses == {"2": StatusCategory.IN_PROGRESS}
    assert [(link.type, link.outward_is) for link in connection.dependency_links or ()] == [
        ("11", OutwardEnd.DEPENDENT)
    ]
    shown = capsys.readouterr()
    assert "did you mean `Review`?" in shown.err
    assert "status Review -> in progress" in " ".join(shown.out.split())
    assert "estimate 8 (T-shirt)" in " ".join(shown.out.split())


def test_after_a_refusal_one_may_answer_again(capsys: pytest.CaptureFixture[str]) -> None:
    site = FakeTracker(refusals=["Jira at https://b.example does not accept the token."])
    ask = Answers(["main", "y", "", "", "bo@a.example", "", "", "y"])
    run(replace(JIRA, url="https://b.example", kind=JiraKind.CLOUD), site, ask)
    assert "does not accept the token" in capsys.readouterr().err
    (connection,) = load_configuration(CONFIG).connections
    assert isinstance(connection, JiraConnection)
    assert (connection.id, connection.url, connection.user) == ("main", "https://b.example", "bo@a.example")


def test_without_questions_a_refusal_ends_it_and_nothing_is_written() -> None:
    with pytest.raises(Misconfigured, match="does not accept the token"):
        run(JIRA, FakeTracker(refusals=["Jira does not accept the token."]))
    assert not CONFIG.exists()
    assert not STRATEGY.exists()


def test_missing_scopes_are_named_and_one_may_stop_there(capsys: pytest.CaptureFixture[str]) -> None:
    site = FakeTracker()
    site.facts = replace(site.facts, missing_scopes=("goals:read is missing: goals are not read.",))
    with pytest.raises(Misconfigured, match="Nothing is written"):
        run(JIRA, site, Answers(["main", "n"]))
    assert "Missing: goals:read is missing: goals are not read." in capsys.readouterr().out
    assert not CONFIG.exists()


@pytest.mark.parametrize(("off", "said"), [(90.0, "90 s ahead of"), (-90.0, "90 s behind"), (3.0, None)])
def test_a_clock_that_is_off_is_told(off: float, said: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    site = FakeTracker()
    site.facts = replace(site.facts, clock_off_seconds=off)
    run(JIRA, site)
    assert (said or "clock") in capsys.readouterr().out if said else "clock" not in capsys.readouterr().out


def test_a_token_that_sees_no_project_is_told_so() -> None:
    with pytest.raises(Misconfigured, match="sees no project: give its account access"):
        run(JIRA, FakeTracker(visible=()))


def test_a_second_connection_joins_the_first_and_every_comment_stays() -> None:
    CONFIG.write_text(WRITTEN_BY_HAND)
    site = FakeTracker()
    text = run(JIRA, site)
    lines = iter(text.splitlines())
    assert all(line in lines for line in WRITTEN_BY_HAND.splitlines())
    assert [one.id for one in load_configuration(CONFIG).connections] == ["ops", "jira"]
    assert site.built[-1][0].twins == "ops"
    assert site.built[-1][0].bots == ("Rota",)


def test_a_connection_that_is_there_is_renewed_only_by_force() -> None:
    CONFIG.write_text(WRITTEN_BY_HAND)
    site = FakeTracker(visible=OPS, shown=SiteCatalogue(), raws=())
    with pytest.raises(Misconfigured, match=r"has a connection `ops` already: give --force to renew it, or another"):
        run(ASANA, site)
    assert CONFIG.read_text() == WRITTEN_BY_HAND
    text = run(replace(ASANA, force=True), site)
    (connection,) = load_configuration(CONFIG).connections
    assert (connection.token, connection.pace.poll_seconds) == ("site", 20)
    assert "# we are in a hurry" in text


def test_what_is_found_joins_a_strategy_that_is_there_and_force_writes_it_anew() -> None:
    STRATEGY.write_text(Path("strategy.yaml").read_text() + "# the end\n")
    run(JIRA, FakeTracker())
    assert "New admins reach first value in a day" in STRATEGY.read_text()
    assert "First booking" not in STRATEGY.read_text()  # its epic is named by an objective already
    assert leeway("check", STRATEGY).code == 0
    run(replace(JIRA, force=True), FakeTracker())
    assert "New admins" not in STRATEGY.read_text()


def test_a_strategy_that_is_wrong_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    STRATEGY.write_text("version: 1\nobjektives: []\n")
    run(JIRA, FakeTracker())
    assert STRATEGY.read_text() == "version: 1\nobjektives: []\n"
    assert "has mistakes, so nothing is added to it" in capsys.readouterr().err
    assert CONFIG.exists()


def test_a_configuration_that_is_wrong_is_told_before_anything_is_asked() -> None:
    CONFIG.write_text("connektions: []\n")
    with pytest.raises(Misconfigured, match="did you mean `connections`"):
        run(JIRA, FakeTracker(), Answers([]))


def test_sections_of_asana_say_what_is_in_progress(capsys: pytest.CaptureFixture[str]) -> None:
    field = {"gid": "7", "name": "Points", "resource_subtype": "number", "number_value": 5, "display_value": "5"}
    shown = SiteCatalogue((FieldFound("7", "Points", "number"),), (StatusFound("1", "Doing"), StatusFound("2", "Next")))
    raws = (asana_task(1, section="Doing", custom_fields=[field]),)
    goals = (Goal("77", "Fewer calls", unit="%", initial=10, target=5),)
    run(ASANA, FakeTracker(visible=OPS, shown=shown, raws=raws, held_goals=goals))
    (connection,) = load_configuration(CONFIG).connections
    assert isinstance(connection, AsanaConnection)
    assert connection.reading.in_progress_sections == ("Doing",)
    assert connection.dependency_links is None
    out = " ".join(capsys.readouterr().out.split())
    assert "status Doing -> in progress" in out
    assert "estimate 5 (Points)" in out
    assert "asana_goal: '77'" in STRATEGY.read_text()
    assert leeway("check", STRATEGY).code == 0


def test_no_strategy_is_drafted_where_none_is_wanted() -> None:
    run(replace(JIRA, strategy_out=None), FakeTracker())
    assert not STRATEGY.exists()


def test_what_is_not_said_is_named_with_its_option() -> None:
    assert "give --tracker" in leeway("init", "--yes").sentence
    assert "give --url" in leeway("init", "--yes", "--tracker", "jira").sentence
    assert "give --workspace" in leeway("init", "--yes", "--tracker", "asana").sentence
    asana = ("init", "--yes", "--tracker", "asana", "--workspace", "Ops")
    assert "LEEWAY_SECRET_ASANA_FILE" in leeway(*asana).sentence
    assert "The secret `t` is not set" in leeway(*asana, "--token-secret", "t").sentence


def test_where_nobody_is_there_to_answer_that_is_said() -> None:
    told = leeway("init")
    assert (told.code, told.err.splitlines()[-1].startswith("leeway: Nobody is there to answer: give --yes")) == (
        2,
        True,
    )
