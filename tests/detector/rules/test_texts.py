"""Findings read alike: digits, the right number of the noun, days with a year only where it is another one."""

from datetime import date

import pytest

from services.detector.texts import (
    TITLE_WORDS,
    Name,
    counted,
    day,
    listed,
    named,
    percent,
    plain,
    shortened,
    title,
    way,
)


def test_counts_and_days() -> None:
    assert counted(1, "item") == "1 item"
    assert counted(2, "dependency", "dependencies") == "2 dependencies"
    assert day(date(2026, 6, 8), date(2026, 6, 15)) == "8 June"
    assert day(date(2025, 12, 31), date(2026, 1, 1)) == "31 December 2025"


@pytest.mark.parametrize(
    ("share", "text"), [(0.2, "20 %"), (0.29, "29 %"), (0.4999, "49 %"), (0.5, "50 %"), (1.9, "190 %")]
)
def test_a_share_never_reads_as_a_limit_that_it_has_not_reached(share: float, text: str) -> None:
    assert percent(share) == text


def test_lists_and_names() -> None:
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert len(shortened("word " * 40)) <= 60


def test_a_name_that_is_too_long_for_a_sentence_is_cut_after_a_word() -> None:
    name = "Shops find again, by themselves, whatever a customer has ordered from them"
    assert shortened(name) == "Shops find again, by themselves, whatever a customer has…"
    assert shortened("Customers who write, and wait for an answer, for their money, or more") == (
        "Customers who write, and wait for an answer, for their…"
    )
    assert shortened("x" * 61) == "x" * 59 + "…"
    assert shortened("x" * 60) == "x" * 60
    assert shortened(f"{'x' * 59} and") == f"{'x' * 59}…"


KEYED = named("jira:a:1", "PAY-1", "Take cards at the counter")
TASK = named("asana:1", "1", "Agree with the bank on how to pay")
GOAL = named("objective:easy", None, "Buyers pay in one step")
TEAM = plain("Customer Care")


@pytest.mark.parametrize(
    ("form", "names", "expected"),
    [
        ("{} is late.", [KEYED], "PAY-1 “Take cards at the counter” is late."),
        ("{} has moved by 4 days.", [KEYED], "PAY-1 “Take cards at the counter” has moved by 4 days."),
        ("{} has moved by a day or 4.", [KEYED], "PAY-1 “Take cards at the…” has moved by a day or 4."),
        ("{} a b c d e f g h i.", [KEYED], "PAY-1 “Take cards…” a b c d e f g h i."),
        ("{} a b c d e f g h i j.", [KEYED], "PAY-1 a b c d e f g h i j."),
        ("{} a b c d e f g h i j k.", [KEYED], "PAY-1 a b c d e f g h i j k."),
        ("{} a b c d e f g h.", [TASK], "“Agree with the bank…” a b c d e f g h."),
        ("{} a b c d e f g h i j k l m.", [TASK], "“Agree…” a b c d e f g h i j k l m."),
        ("{}: idle.", [GOAL], "“Buyers pay in one step”: idle."),
        ("{} waits.", [TEAM], "Customer Care waits."),
        ("{} and {} wait.", [KEYED, TASK], "PAY-1 and “Agree with the bank on how to pay” wait."),
        ("{} and {} wait.", [TASK, KEYED], "“Agree with the bank on how to pay” and PAY-1 wait."),
        ("{} and {} wait now.", [TASK, GOAL], "“Agree with the bank…” and “Buyers pay in one step” wait now."),
        ("{} is late.", [named("team:care", None, "")], "team:care is late."),
        ("{} is late.", [named("jira:a:1", "PAY-1", "")], "PAY-1 is late."),
        ("{} is late.", [named("jira:a:1", "PAY-1", "Cards")], "PAY-1 “Cards” is late."),
        ("{} is late.", [named("asana:1", None, "x" * 70)], f"“{'x' * 59}…” is late."),
        ("{} is late.", [named("jira:a:1", "P-1", "{} of 100 %")], "P-1 “{} of 100 %” is late."),
    ],
)
def test_a_title_names_its_subjects_by_key_and_by_as_many_words_as_fit(
    form: str, names: list[Name], expected: str
) -> None:
    assert title(way(form, *names)) == expected


def test_a_title_takes_the_first_way_with_room_for_whole_names_then_for_telling_ones() -> None:
    short = way("{}: late.", GOAL)
    assert title(way("{} is late by far.", GOAL), short) == "“Buyers pay in one step” is late by far."
    assert title(way("{} a b c d e f g h.", GOAL), short) == "“Buyers pay in one step”: late."
    crowded = way("{} a b c d e f g h i j k.", GOAL)
    assert title(crowded, way("{} a b c d e f g h i.", GOAL)) == "“Buyers pay in…” a b c d e f g h i."
    assert title(crowded, way("{} a b c d e f g h i j k l.", GOAL)) == "“Buyers…” a b c d e f g h i j k."


def test_no_title_is_longer_than_it_may_be_but_where_nothing_shorter_can_be_said() -> None:
    for own in range(TITLE_WORDS):
        for names in ([KEYED], [TASK], [GOAL]):
            form = " ".join(["{}", *("word" for _ in range(own))])
            assert len(title(way(form, *names)).split()) <= TITLE_WORDS
