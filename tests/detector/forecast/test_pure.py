import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import NormalDist

import pytest

from schemas.strategy import WorkingCalendar
from services.detector.facts import Forecast
from services.detector.forecast.pure import TRIALS, ForecastInputs, make_forecast, seed_of
from services.runtime.calendar import DEFAULT, Calendar
from tests.detector.forecast.made_forecast import delivered, forecast, inputs, leaves
from tests.detector.made import MONDAY, at

ALTERNATELY = [0, 1, 0, 2, 1, 0, 1, 1, 0, 1]


def test_constant_deliveries_give_one_day_for_best_base_and_worst() -> None:
    made = forecast(inputs(20, [2] * 10), date(2026, 6, 29))
    assert (made.best, made.base, made.worst) == (date(2026, 6, 29),) * 3, "ten working days after today"
    assert (made.sampled_days, made.active_days, made.open_leaves, made.trials) == (10, 10, 20, TRIALS)


@pytest.mark.parametrize(("due", "in_time"), [("2026-06-28", False), ("2026-06-29", True), ("2026-07-04", True)])
def test_it_is_in_time_if_it_ends_on_the_due_day_or_before(due: str, in_time: bool) -> None:
    made = forecast(inputs(20, [2] * 10), date.fromisoformat(due))
    assert made.probability == ((TRIALS + 1) if in_time else 1) / (TRIALS + 2)


def test_it_never_says_never_and_never_always() -> None:
    for due in (date(2020, 1, 1), date(2060, 1, 1)):
        probability = forecast(inputs(5, [1] * 10), due).probability
        assert probability is not None
        assert 0 < probability < 1


def test_today_is_not_counted_on() -> None:
    assert forecast(inputs(1, [1] * 10)).best == date(2026, 6, 16)
    assert forecast(inputs(1, [1] * 10), MONDAY.date()).probability == 1 / (TRIALS + 2)


def test_the_share_of_trials_is_what_counting_says_within_chance() -> None:
    """One of two on each day, 10 to do in 24 days: those with 10 or more heads of 24."""
    probability = forecast(inputs(10, [0, 1] * 10), date(2026, 7, 17)).probability
    assert DEFAULT.days_to(MONDAY, date(2026, 7, 17)) == 24
    assert probability == pytest.approx(0.8463, abs=5 * (0.8463 * 0.1537 / TRIALS) ** 0.5)


def test_best_base_and_worst_lie_where_a_large_sum_of_days_lies() -> None:
    """200 to do at 0.7 a day: the days it takes are nearly normal, with the variance of a renewal."""
    made = forecast(inputs(200, ALTERNATELY), date(2028, 1, 1))
    mean, variance = 0.7, 0.41
    days = NormalDist(200 / mean, (200 * variance / mean**3) ** 0.5)
    for day, share in ((made.best, 0.5), (made.base, 0.85), (made.worst, 0.95)):
        assert day is not None
        assert DEFAULT.days_to(MONDAY, day) == pytest.approx(days.inv_cdf(share), abs=3)


def test_the_same_seed_gives_the_same_forecast_and_another_another() -> None:
    given, due = inputs(40, ALTERNATELY, unowned=leaves(3)), date(2026, 9, 1)
    seed = seed_of("easy", MONDAY.date())
    assert make_forecast(given, due, DEFAULT, MONDAY, seed) == make_forecast(given, due, DEFAULT, MONDAY, seed)
    assert make_forecast(given, due, DEFAULT, MONDAY, seed + 1).probability != forecast(given, due).probability


def test_a_seed_is_the_same_in_every_process_and_a_whole_number_in_json() -> None:
    code = "from datetime import date;from services.detector.forecast.pure import seed_of;print(seed_of('é', date.min))"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert int(told) == seed_of("é", date.min) < 2**53
    assert len({seed_of(name, date(2026, 6, day)) for name in "abc" for day in range(1, 30)}) == 87


def test_it_does_not_depend_on_the_order_in_which_things_are_told() -> None:
    refs = leaves(30)
    given = inputs(30, ALTERNATELY, [*pairwise(refs[:6]), ("x", refs[9])], unowned=refs[:9])
    turned = ForecastInputs(
        objective=given.objective,
        leaves=given.leaves[::-1],
        unowned=given.unowned[::-1],
        dependencies=given.dependencies[::-1] * 2,
        delivered=given.delivered[::-1],
        began=given.began,
    )
    assert forecast(turned) == forecast(given)


def refused(made: Forecast) -> str:
    assert (made.probability, made.best, made.base, made.worst, made.movers) == (None, None, None, None, ())
    return made.refused or ""


def test_below_five_active_days_it_refuses() -> None:
    made = forecast(inputs(5, [1, 0, 3, 1, 0, 9]))
    assert refused(made) == (
        "Something was delivered on 4 of its last 6 working days; a forecast needs 5 such days, of the last 60."
    )
    assert forecast(inputs(5, [1, 0, 3, 1, 1, 9])).refused is None


def test_activity_before_the_sample_does_not_count() -> None:
    counts = [1, *[0] * 56, 1, 1, 1, 1]
    assert refused(forecast(inputs(5, counts)))
    assert forecast(inputs(5, counts), now=MONDAY - timedelta(days=3)).refused is not None, "the last is Friday's own"
    assert forecast(inputs(5, counts[1:])).sampled_days == 60


def test_with_nothing_open_there_is_nothing_to_forecast() -> None:
    assert refused(forecast(inputs(0, [1] * 9))) == "It has no open leaf, so there is nothing left to forecast."


def test_dependents_are_held_until_their_blockers_are_done() -> None:
    refs = leaves(8)
    assert forecast(inputs(8, [4] * 9)).worst == date(2026, 6, 17)
    assert forecast(inputs(8, [4] * 9, pairwise(refs))).best == date(2026, 6, 25), "eight working days"


def test_blockers_of_others_are_work_too() -> None:
    assert forecast(inputs(4, [2] * 9)).best == date(2026, 6, 17)
    chain = (("other:1", "other:2"), ("other:2", leaves(1)[0]))
    assert forecast(inputs(4, [2] * 9, chain)).best == date(2026, 6, 18)


def test_who_waits_in_a_circle_has_no_end_and_is_told_what_breaks_it() -> None:
    first, second, *_ = leaves(6)
    made = forecast(inputs(6, [2] * 9, ((first, second), (second, first))))
    assert made.refused is None
    assert (made.best, made.base, made.worst, made.probability) == (None, None, None, 1 / (TRIALS + 2))
    assert {mover.subjects for mover in made.movers} == {(first, second), (second, first)}


def test_beyond_five_years_there_is_no_day() -> None:
    made = forecast(inputs(1400, [1] * 9), date(2060, 1, 1))
    assert (made.best, made.worst) == (None, None)
    assert made.probability == 1 / (TRIALS + 2), "even of a due beyond them nobody knows"
    assert forecast(inputs(1300, [1] * 9)).best is not None


def test_days_off_of_the_team_move_the_end() -> None:
    calendar = Calendar.of(WorkingCalendar(id="b", weekend=["fri", "sat"], days_off=[date(2026, 6, 16)]))
    given = inputs(1, [1] * 9)
    assert make_forecast(given, date(2026, 7, 1), calendar, MONDAY, 1).best == date(2026, 6, 17)


def test_the_day_is_the_team_s_not_utc_s() -> None:
    tokyo = Calendar.of(WorkingCalendar(id="t", time_zone="Asia/Tokyo"))
    late = datetime(2026, 6, 15, 20, tzinfo=UTC)
    given = ForecastInputs(objective="o", leaves=("a",), delivered=delivered([1] * 9), began=at("2026-05-26"))
    assert make_forecast(given, date(2026, 7, 1), DEFAULT, late, 1).best == date(2026, 6, 16)
    assert make_forecast(given, date(2026, 7, 1), tokyo, late, 1).best == date(2026, 6, 17)


def test_movers_carry_names_where_all_are_known() -> None:
    refs = leaves(9)
    chain = tuple(pairwise(refs))
    names = [(ref, ref.upper()) for ref in refs[:8]]
    made = forecast(inputs(9, [2] * 9, chain, names=tuple(names)))
    by_subjects = {mover.subjects: mover.names for mover in made.movers}
    assert by_subjects[chain[0]] == ("LEAF:000", "LEAF:001")
    assert by_subjects[chain[-1]] == ()


def test_without_movers_everything_else_is_the_same() -> None:
    given = inputs(9, ALTERNATELY, pairwise(leaves(9)), unowned=leaves(9))
    whole, bare = forecast(given), forecast(given, with_movers=False)
    assert whole.movers
    assert bare.movers == ()
    assert (bare.probability, bare.best, bare.worst) == (whole.probability, whole.best, whole.worst)
