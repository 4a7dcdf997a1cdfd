"""`leeway backtest` as a user types it: what it prints, what it compares, and what it says of a slip."""

from pathlib import Path

import pytest

from tests.backtest.company import strategy, write
from tests.commands.typed import Answer, leeway

DAYS = ("--from", "2026-05-04", "--to", "2026-06-26")


@pytest.fixture
def company(tmp_path: Path) -> Path:
    write(tmp_path / "made.jsonl", 1)
    (tmp_path / "strategy.yaml").write_text(strategy().model_dump_json(exclude_none=True))
    return tmp_path


def typed(company: Path, *options: str, days: tuple[str, ...] = DAYS) -> Answer:
    export, plan = company / "made.jsonl", company / "strategy.yaml"
    return leeway("backtest", export, "--strategy", plan, *days, *options, LEEWAY_HOME=str(company / "home"))


def test_json_has_each_rule_with_its_numbers(company: Path) -> None:
    found = typed(company, "--format", "json").json
    assert (found["from"], found["to"], found["at"], found["days"]) == ("2026-05-04", "2026-06-26", "12:00:00", 54)
    assert (found["items"], found["set_aside"], found["left_out"]) == (62, 0, ["forecast-miss"])
    assert found["not_known"][0].startswith("One strategy holds for all days: no due of an objective ever moves")
    by_rule = {one["rule"]: one for one in found["rules"]}
    assert "changed" not in found
    stale = by_rule["stale-work"]
    assert set(stale) == {"rule", "fired", "stood", "open", "median_days", "p85_days", "in_time", "cleared_in_week",
                          "severities", "teams", "objectives"}  # fmt: skip
    assert stale["fired"] + stale["stood"] == sum(stale["severities"].values()) == sum(stale["teams"].values()) > 0
    assert 0 < stale["median_days"] <= stale["p85_days"]


def test_text_has_a_table_what_never_fired_and_what_was_left_out(company: Path) -> None:
    out = typed(company).out
    assert out.startswith("2026-05-04 to 2026-06-26, judged at 12:00 UTC: 54 days, 62 items.\n")
    assert "rule " in out
    assert "stale-work - by severity:" in out
    assert "Left out: forecast-miss" in out
    assert "Not known: One strategy holds for all days" in out
    assert "With " not in out


def test_only_the_rules_asked_for_are_judged(company: Path) -> None:
    found = typed(company, "--rule", "stale-work", "--rule", "late-start", "--format", "json").json
    assert {one["rule"] for one in found["rules"]} == {"stale-work", "late-start"}


def test_another_policy_is_laid_beside_the_present_one(company: Path) -> None:
    options = ("--set", "stale_after_working_days=15", "--set", "stale_high_after_days=16", "--rule", "stale-work")
    found = typed(company, *options, "--format", "json").json
    changed = found["changed"]
    (before,), (after,) = found["rules"], changed["rules"]
    assert changed["set"] == {"stale_after_working_days": 15, "stale_high_after_days": 16}
    assert after["fired"] + after["stood"] < before["fired"] + before["stood"]
    assert changed["added"] == []
    assert changed["reweighed"] > 0
    spared = changed["spared"]
    assert len(spared) == before["fired"] + before["stood"] - after["fired"] - after["stood"]
    assert set(spared[0]) == {"fingerprint", "rule", "severity", "subjects", "team", "objective", "from", "to"}
    assert spared[0]["subjects"][0]["key"].split("-")[0] in {"APP", "PAY", *map(str, range(1, 13))}

    out = typed(company, *options).out
    assert "With stale_after_working_days = 15, stale_high_after_days = 16" in out
    assert f"{len(spared)} findings fewer, 0 more" in out
    assert "Fewer:\n" in out


def test_a_policy_that_changes_nothing_says_so(company: Path) -> None:
    assert "No rule would have said anything else." in typed(company, "--set", "stale_after_working_days=5").out


def test_measurements_are_taken_as_measure_takes_them(company: Path) -> None:
    path = company / "measured.csv"
    path.write_text("key_result,measured_at,value\neasy/steps,2026-05-12T09:00:00Z,9\n")
    options = ("--rule", "off-pace", "--format", "json")
    assert typed(company, *options).json["rules"][0]["fired"] == 0
    assert typed(company, *options, "--measurements", str(path)).json["rules"][0]["fired"] == 1


def test_a_measurement_of_an_unknown_key_result_is_refused_with_its_line(company: Path) -> None:
    path = company / "measured.csv"
    path.write_text("key_result,measured_at,value\neasy/stops,2026-05-12T09:00:00Z,9\n")
    sentence = typed(company, "--measurements", str(path)).sentence
    assert sentence.startswith("line 2 of measured.csv: there is no key result 'easy/stops'")
    assert "did you mean easy/steps?" in sentence


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rule", "stale-wrok"), "There is no rule 'stale-wrok': did you mean `stale-work`?"),
        (("--set", "stale_after_workin_days=3"), "did you mean stale_after_working_days?"),
        (("--set", "stale_after_working_days"), "sets nothing; write it as in --set stalled_after_working_days=7."),
        (("--set", "stale_after_working_days=soon"), "--set.stale_after_working_days"),
        (("--set", "decision_labels=[a"), "the value cannot be read; write it as in the strategy file."),
        (("--at", "noon"), "--at 'noon' is no time of day; write one in UTC, for example 12:00."),
        (("--from", "June"), "--from 'June' is no day; write one as in 2026-06-15."),
        (("--to", "2026-01-01"), "--to 2026-01-01 is before --from 2026-05-04; give the earlier day as --from."),
        (("--from", "0001-01-01"), "--from 0001-01-01 is too far away; give a day from 1980-01-01 to 2060-12-31."),
        (("--to", "9999-12-31"), "--to 9999-12-31 is too far away; give a day from 1980-01-01 to 2060-12-31."),
    ],
)
def test_a_slip_is_one_sentence(company: Path, options: tuple[str, ...], said: str) -> None:
    assert said in typed(company, *options).sentence


def test_days_before_anything_was_are_one_sentence(company: Path) -> None:
    sentence = typed(company, days=("--from", "2001-01-01", "--to", "2001-01-31")).sentence
    assert sentence.startswith("The exports hold nothing from the days 2001-01-01 to 2001-01-31: the first item is of")


def test_nothing_is_kept(company: Path) -> None:
    before = sorted(company.iterdir())
    assert typed(company).code == 0
    assert sorted(company.iterdir()) == before
