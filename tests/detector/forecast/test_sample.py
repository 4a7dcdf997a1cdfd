from datetime import date, datetime

from services.detector.forecast.sample import SAMPLED_DAYS, reaches_back_to, sample
from services.runtime.calendar import DEFAULT, Calendar
from tests.detector.forecast.made_forecast import delivered
from tests.detector.made import CONTEXT, LONG_AGO, MONDAY, at


def counted(
    *moments: str, began: str = "2026-06-08", now: datetime = MONDAY, calendar: Calendar = DEFAULT
) -> list[int]:
    return list(sample(at(began), [at(moment) for moment in moments], calendar, now))


def test_each_working_day_counts_what_was_delivered_on_it() -> None:
    assert counted("2026-06-08", "2026-06-10T00:00", "2026-06-10T23:59", "2026-06-12") == [1, 0, 2, 0, 1]


def test_today_is_not_over_and_does_not_count() -> None:
    assert counted("2026-06-15T08:00", "2026-06-12") == [0, 0, 0, 0, 1]
    assert counted("2026-06-15T08:00", now=at("2026-06-16T00:00"))[-1] == 1


def test_a_day_off_counts_for_the_next_working_day() -> None:
    assert counted("2026-06-06", "2026-06-07", began="2026-06-01") == [0, 0, 0, 0, 0, 2, 0, 0, 0, 0]


def test_what_was_delivered_on_the_days_off_before_today_waits_for_today_to_be_over() -> None:
    weekend = ("2026-06-13", "2026-06-14")
    assert counted(*weekend) == [0, 0, 0, 0, 0]
    assert counted(*weekend, now=at("2026-06-16")) == [0, 0, 0, 0, 0, 2]


def test_on_a_day_off_the_last_working_day_is_complete() -> None:
    assert counted("2026-06-12", "2026-06-13T08:00", now=at("2026-06-13")) == [0, 0, 0, 0, 1]


def test_days_before_the_first_leaf_are_not_in_it() -> None:
    assert counted(began="2026-06-11") == [0, 0]
    assert counted("2026-06-13", began="2026-06-13", now=at("2026-06-17")) == [1, 0], "what began on a Saturday"


def test_who_began_today_or_never_has_no_day() -> None:
    assert counted(began="2026-06-15") == []
    assert sample(None, [at("2026-06-12")], DEFAULT, MONDAY) == ()


def test_it_goes_back_60_working_days_and_no_further() -> None:
    counts = list(range(1, 71))
    assert list(sample(LONG_AGO, delivered(counts), DEFAULT, MONDAY)) == counts[-SAMPLED_DAYS:]


def test_days_off_before_the_first_sampled_day_count_for_it() -> None:
    friday = at("2026-03-20")
    assert sample(LONG_AGO, (), DEFAULT, MONDAY) == (0,) * SAMPLED_DAYS
    days = sample(LONG_AGO, [friday, at("2026-03-21"), at("2026-03-22"), at("2026-03-23")], DEFAULT, MONDAY)
    assert days[0] == 3, "the first of 60 is Monday, 23 March"


def test_the_team_s_own_days_and_zone_count() -> None:
    gulf, tokyo = CONTEXT.calendar("gulf"), CONTEXT.calendar("tokyo")
    assert counted("2026-06-12", began="2026-06-11", calendar=gulf) == [0, 1], "Friday counts for Sunday"
    assert counted("2026-06-10T16:00", began="2026-06-10", calendar=tokyo) == [0, 1, 0], "it is Thursday in Tokyo"


def test_nothing_that_is_in_it_was_delivered_before_where_it_reaches_back_to() -> None:
    for team in ("app", "pay", "gulf", "tokyo"):
        calendar = CONTEXT.calendar(team)
        for day in range(1, 29):
            now = datetime.combine(date(2026, 2, day), MONDAY.timetz())
            back = reaches_back_to(calendar, now)
            assert sum(sample(LONG_AGO.replace(year=2024), [back], calendar, now)) == 0
