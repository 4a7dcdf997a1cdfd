"""`leeway measure`: one value, or a file of them; all are kept or none."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.commands.typed import Replayed, leeway
from tests.replay.runs import copied_home

HEAD = "key_result,measured_at,value,confidence,note"


@pytest.fixture(scope="module", name="replayed")
def apart(replayed: Replayed) -> Iterator[Replayed]:
    """A copy of the home: what is measured here would be found by whoever judges the other one anew."""
    with copied_home(replayed.home) as home:
        yield replace(replayed, home=home)


def test_one_value_is_kept(replayed: Replayed) -> None:
    told = leeway("measure", "onboarding/ttfv", "31.5", "--confidence", "0.6", "--home", replayed.home)
    assert (told.code, told.out) == (0, "1 measurement kept.\n")


def test_a_file_is_kept_whole(replayed: Replayed, tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    lines = ["onboarding/ttfv,2026-10-12T09:00:00Z,38,,", "onboarding/ttfv,2026-10-19T09:00:00+02:00,36,0.4,two shops"]
    file.write_text("\ufeff" + "\r\n".join([HEAD, *lines]) + "\r\n", encoding="utf-8")
    assert leeway("measure", "--csv", file, "--home", replayed.home).out == "2 measurements kept.\n"


def test_a_file_with_a_wrong_line_is_refused_whole_and_every_fault_is_named(replayed: Replayed, tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    lines = ["onboarding/ttvf,2026-10-12T09:00:00Z,38,,", "onboarding/ttfv,2026-10-19T09:00:00Z,36,1.4,"]
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    sentence = leeway("measure", "--csv", file, "--home", replayed.home).sentence
    assert sentence.startswith("Nothing was kept: line 2 of values.csv: there is no key result 'onboarding/ttvf'")
    assert "did you mean onboarding/ttfv?" in sentence
    assert "line 3 of values.csv: confidence is 1.4; write a number from 0 to 1" in sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("key_result,value\n", "missing: measured_at"),
        (f"{HEAD},colour\n", "unknown columns colour"),
        (f"{HEAD}\nonboarding/ttfv,last week,38,,\n", "line 2 of values.csv: measured_at:"),
        (f"{HEAD}\nonboarding/ttfv,2026-10-12,38,,\n", "line 2 of values.csv: measured_at:"),
        (f"{HEAD}\nonboarding/ttfv,2026-10-12T09:00:00Z,many,,\n", "line 2 of values.csv: value:"),
        (f'{HEAD}\n"onboarding/ttfv,2026-10-12T09:00:00Z,1,,\n', "is no CSV"),
    ],
)
def test_a_file_that_is_no_list_of_measurements_says_what_to_change(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    file.write_text(text, encoding="utf-8")
    assert told in leeway("measure", "--csv", file).sentence


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("onboarding/ttfv", "nan"), "value is nan; write a number"),
        (("onboarding/ttfv", "1", "--confidence", "-0.1"), "confidence is -0.1"),
        (("onboarding/ttfv", "1", "--at", "2999-01-01T00:00:00Z"), "which is still to come"),
        (("onboarding/ttfv", "1", "--at", "2026-10-01"), "no time zone"),
        (("onboarding/ttfv", "1", "--source", " "), "source is empty"),
        (("nothing", "1"), "known: onboarding/ttfv"),
    ],
)
def test_a_value_that_cannot_be_is_refused(replayed: Replayed, arguments: tuple[str, ...], told: str) -> None:
    assert told in leeway("measure", *arguments, "--home", replayed.home).sentence


def test_a_value_without_a_key_result_or_both_forms_at_once_is_wrong_usage(tmp_path: Path) -> None:
    for arguments in ((), ("onboarding/ttfv",), ("onboarding/ttfv", "1", "--csv", tmp_path / "values.csv")):
        answer = leeway("measure", *arguments)
        assert answer.code == 2
        assert "--csv FILE" in answer.err
