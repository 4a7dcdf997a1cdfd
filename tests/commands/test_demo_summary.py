"""What the demo says at its end of each objective's forecast, in few words; all objectives are invented."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.commands.demo_summary import foretold
from services.detector.facts import Forecast
from services.detector.forecast.queries import Foreseen

DUE = date(2026, 7, 12)
MADE = Forecast(
    objective="easy",
    as_of=datetime(2026, 6, 26, 12, tzinfo=UTC),
    due=DUE,
    seed=1,
    trials=10_000,
    open_leaves=12,
    sampled_days=60,
    active_days=23,
    probability=0.6634,
    best=date(2026, 7, 7),
    base=date(2026, 7, 16),
    worst=date(2026, 7, 20),
)
REFUSED = replace(MADE, probability=None, best=None, base=None, worst=None, active_days=3, refused="Too little.")


def foreseen(*forecasts: Forecast, is_open: bool = True) -> Foreseen:
    return Foreseen("easy", "Buyers pay in one step", DUE, forecasts, is_open)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (foreseen(MADE), ("7 in 10", "due 12 July, likely by 16 July")),
        (foreseen(replace(MADE, base=None)), ("7 in 10", "due 12 July, likely not within 5 years")),
        (foreseen(replace(MADE, due=date(2026, 6, 22))), ("late", "was due 22 June, likely by 16 July")),
        (foreseen(replace(MADE, due=date(2026, 6, 26))), ("7 in 10", "due 26 June, likely by 16 July")),
        (foreseen(REFUSED), ("no forecast", "it delivered on 3 of 60 working days")),
        (foreseen(replace(REFUSED, open_leaves=0)), ("all done", "only what held its work together is open")),
        (foreseen(), ("no forecast", "none was made yet")),
        (foreseen(MADE, is_open=False), ("all done", "")),
        (foreseen(is_open=False), ("not begun", "no work of it is known")),
    ],
)
def test_an_objective_is_told_by_its_odds_or_by_why_there_are_none(one: Foreseen, told: tuple[str, str]) -> None:
    assert foretold(one) == told
