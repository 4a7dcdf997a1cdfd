"""`leeway check`: every problem with its line and what to change; errors stop an apply, warnings and hints do not."""

from pathlib import Path

import pytest

from schemas.strategy import PolicyValues
from services.mapper.strategy_file import Problem, Severity, check_strategy, load_strategy
from services.runtime.errors import Misconfigured
from tests.builders import work_item

GOOD = """\
version: 1
cycle: {id: c, starts_on: 2026-05-01, ends_on: 2026-07-30}
people:
  - {id: ana}
calendars:
  - {id: berlin, time_zone: Europe/Berlin, country: DE}
teams:
  - {id: app, calendar: berlin, lead: ana, members: [ana], owns: [{project: APP}]}
objectives:
  - id: grow
    title: New admins reach value in a day
    team: app
    owner: ana
    work: [{project: APP, component: Search}]
"""


def check(tmp_path: Path, text: str, **more: object) -> list[Problem]:
    path = tmp_path / "strategy.yaml"
    path.write_text(text)
    return list(check_strategy(path, **more).problems)  # type: ignore[arg-type]


def told(problems: list[Problem]) -> list[tuple[str, int]]:
    return [(problem.severity.value, problem.line) for problem in problems]


def test_a_sound_file_has_no_problems(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD) == []
    assert load_strategy(tmp_path / "strategy.yaml").objectives[0].id == "grow"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    team: app", "    team: ap", 12, "there is no team `ap`; did you mean `app`?"),
        ("calendar: berlin", "calendar: berln", 8, "there is no calendar `berln`; did you mean `berlin`?"),
        ("    owner: ana", "    bet: big", 13, "there is no bet `big`; add it to the file"),
        ("    owner: ana", "    contributes_to: gro", 13, "there is no objective `gro`; did you mean `grow`?"),
        ("    owner: ana", "    contributes_to: grow", 13, "in a circle: grow -> grow"),
        ("  - {id: ana}", "  - {id: ana}\n  - {id: ana}", 5, "`ana` stands twice in people"),
        ("Europe/Berlin", "Europe/Berlinn", 6, "calendar `berlin`"),
        ("country: DE", "country: QQ", 6, "calendar `berlin`"),
        ("{project: APP}", "{project: null}", 8, "names no field"),
        ("version: 1", "version: 1\nnorth: {}", 2, "unknown key `north`"),
    ],
)
def test_an_error_says_where_and_what(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    (problem,) = check(tmp_path, GOOD.replace(old, new, 1))
    assert (problem.severity, problem.line) == (Severity.ERROR, line)
    assert words in str(problem)
    with pytest.raises(Misconfigured, match=r"strategy\.yaml"):
        load_strategy(tmp_path / "strategy.yaml")


def test_who_is_not_among_the_people_is_a_name_only(tmp_path: Path) -> None:
    problems = check(tmp_path, GOOD.replace("lead: ana", "lead: an").replace("owner: ana", "owner: zoe"))
    assert told(problems) == [("warning", 8), ("warning", 13)]
    assert "did you mean `ana`?" in str(problems[0])
    assert load_strategy(tmp_path / "strategy.yaml").teams[0].lead == "an"


def test_a_circle_is_told_once(tmp_path: Path) -> None:
    ring = "".join(f"  - {{id: o{n}, title: t, team: app, contributes_to: o{n % 3 + 1}}}\n" for n in (1, 2, 3))
    (problem,) = check(tmp_path, GOOD + ring)
    assert "o1 -> o2 -> o3 -> o1" in problem.message


def test_policy_keys_are_checked_by_whoever_owns_them(tmp_path: Path) -> None:
    def refuse(values: PolicyValues, where: str) -> None:
        if "stale_days" in values:
            raise Misconfigured(f"{where}.stale_days: no such policy field")

    text = GOOD + "policy: {stale_after_working_days: 3, stale_days: 4}\n"
    (problem,) = check(tmp_path, text, check_policy=refuse)
    assert (problem.line, problem.where) == (15, "policy.stale_days")


def test_too_few_bets_is_a_hint(tmp_path: Path) -> None:
    assert told(check(tmp_path, GOOD + "bets: [{id: a, statement: s}]\n")) == [("hint", 15)]


def test_a_selector_that_matches_nothing_is_told_with_the_nearest_names(tmp_path: Path) -> None:
    items = [work_item(1, components=("search",)), work_item(2, project="WEB", components=("Cart",))]
    (problem,) = check(tmp_path, GOOD, items=items)
    assert told([problem]) == [("warning", 14)]
    assert str(problem).endswith("no component is `Search` (nearest: `search`).")
    both = check(tmp_path, GOOD.replace("Search", "Cart"), items=items)
    assert str(both[0]).endswith("each value occurs, but no item has all of them at once.")
    assert check(tmp_path, GOOD.replace("Search", "search"), items=items) == []


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="there is no such file"):
        check_strategy(tmp_path / "no.yaml")
