"""What `leeway forecast` says; all objectives and people are invented."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.commands import forecasting
from services.commands.output import OutputFormat
from services.detector.facts import Forecast, Mover
from services.detector.forecast.queries import Foreseen
from tests.commands.typed import Replayed, leeway

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
DUE = date(2026, 6, 30)
MADE = Forecast(
    objective="easy",
    as_of=NOON,
    due=DUE,
    seed=1,
    trials=10_000,
    open_leaves=12,
    sampled_days=60,
    active_days=23,
    probability=0.6634,
    best=date(2026, 6, 24),
    base=date(2026, 7, 2),
    worst=date(2026, 7, 8),
    movers=(
        Mover(("jira:made:1", "jira:made:2"), 0.81, 3, ("PAY-1", "APP-2")),
        Mover(("jira:made:3",), 0.7, 1, ("APP-3",)),
        Mover(("jira:made:4",), 0.6634, 1),
        Mover(("jira:made:5",), 0.6634, 1),
    ),
)
REFUSED = replace(
    MADE, probability=None, best=None, base=None, worst=None, movers=(), refused="It has no open leaf, so."
)


def told(capsys: pytest.CaptureFixture[str], *forecasts: Forecast) -> str:
    forecasting.print_one(Foreseen("easy", "Buyers pay in one step", DUE, forecasts), OutputFormat.TEXT)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0001, "less than 1 in 10"),
        (0.0499, "less than 1 in 10"),
        (0.05, "1 in 10"),
        (0.6634, "7 in 10"),
        (0.9499, "9 in 10"),
        (0.95, "more than 9 in 10"),
        (0.9999, "more than 9 in 10"),
    ],
)
def test_a_probability_is_said_in_tenths_and_never_as_certain(probability: float, words: str) -> None:
    assert forecasting.odds(probability) == words


def test_an_objective_is_told_with_its_days_its_odds_and_the_three_that_move_it_most(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert told(capsys, MADE).splitlines() == [
        "Buyers pay in one step (easy), due 2026-06-30",
        "  In time: 7 in 10; best 2026-06-24, base 2026-07-02, worst 2026-07-08.",
        "  Nearer if APP-2 did not wait on PAY-1: 8 in 10, 3 working days earlier.",
        "  Nearer without APP-3, which nobody has: 7 in 10, 1 working day earlier.",
        "  Nearer without jira:made:4, which nobody has: 7 in 10, 1 working day earlier.",
        "  As of 2026-06-15: 12 open leaves, 10,000 trials from 60 working days, 23 of them with a delivery.",
        "  Half of the trials end by the best day, 85 % by the base day, 95 % by the worst day.",
    ]


def test_of_what_is_all_done_no_old_forecast_is_told_as_news(capsys: pytest.CaptureFixture[str]) -> None:
    forecasting.print_one(Foreseen("easy", "Buyers pay", DUE, (MADE,), is_open=False), OutputFormat.TEXT)
    told = capsys.readouterr().out
    assert "No forecast: nothing of it is open." in told
    assert "7 in 10" not in told


def test_a_refusal_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No forecast: It has no open leaf, so." in told(capsys, REFUSED)


def test_one_that_was_never_forecast_says_when_that_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Not forecast yet" in told(capsys)


def test_what_has_no_day_is_beyond_what_was_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert "best 2026-06-24, base beyond 2031, worst beyond 2031" in told(capsys, replace(MADE, base=None, worst=None))


def test_a_forecast_for_a_due_that_has_moved_since_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "In time for the due it had then, 2026-06-26: 7 in 10" in told(capsys, replace(MADE, due=date(2026, 6, 26)))


def test_earlier_forecasts_stand_beside_it_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    before = replace(MADE, as_of=NOON - timedelta(days=1), due=date(2026, 6, 26), probability=0.93)
    first = replace(REFUSED, as_of=NOON - timedelta(days=9))
    assert told(capsys, MADE, before, first).splitlines()[-4:-1] == [
        "  Earlier, as they were made then:",
        "    2026-06-14, due 2026-06-26: in time 9 in 10, best 2026-06-24, base 2026-07-02, worst 2026-07-08",
        "    2026-06-06, due 2026-06-30: It has no open leaf, so.",
    ]


def test_programs_get_every_field_and_the_earlier_ones(capsys: pytest.CaptureFixture[str]) -> None:
    forecasting.print_one(Foreseen("easy", "Buyers pay", DUE, (MADE, REFUSED)), OutputFormat.JSON)
    one = json.loads(capsys.readouterr().out)
    assert one["due"] == "2026-06-30"
    assert one["forecast"]["probability"] == 0.6634
    assert one["forecast"]["movers"][0]["names"] == ["PAY-1", "APP-2"]
    assert [earlier["refused"] for earlier in one["earlier"]] == ["It has no open leaf, so."]


def test_all_objectives_of_the_strategy_are_listed(replayed: Replayed) -> None:
    found = leeway("forecast", "--home", replayed.home, "--format", "json").json
    assert found
    assert all(one["forecast"] is None or one["forecast"]["objective"] == one["objective"] for one in found)
    text = leeway("forecast", "--home", replayed.home)
    assert text.code == 0
    assert all(one["title"] in text.out for one in found)
    assert leeway("forecast", found[0]["objective"], "--home", replayed.home, "--format", "json").json["earlier"] == []


def test_an_objective_that_there_is_not_is_refused_with_those_that_there_are(replayed: Replayed) -> None:
    assert "There is no objective 'none'" in leeway("forecast", "none", "--home", replayed.home).sentence
