"""Working days are those of the team's own calendar and zone; each inverse names the very instant of the change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.strategy import WorkingCalendar
from services.runtime.calendar import DEFAULT, Calendar


def calendar(**fields: Any) -> Calendar:
    return Calendar.of(WorkingCalendar(id="made", **fields))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BERLIN = calendar(time_zone="Europe/Berlin", country="DE", subdivision="BE", days_off=[date(2026, 12, 24)])
CALENDARS = (
    DEFAULT,
    BERLIN,
    calendar(time_zone="America/Sao_Paulo"),
    calendar(time_zone="Pacific/Apia", weekend=["sun"]),
    calendar(time_zone="Asia/Riyadh", weekend=["fri", "sat"], country="SA"),
    calendar(time_zone="Asia/Kathmandu", weekend=[]),
)
INSTANTS = st.integers(0, 35 * 365 * 86400).map(lambda seconds: utc("2005-01-01") + timedelta(seconds=seconds))
DAYS = st.dates(date(2005, 1, 1), date(2040, 1, 1))
COUNTS = st.integers(0, 70)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-06-12T12:00", "2026-06-15T12:00", 1),
        ("2026-06-12T00:00", "2026-06-15T23:59", 1),
        ("2026-06-13T12:00", "2026-06-14T12:00", 0),
        ("2026-06-14T23:59", "2026-06-15T00:00", 1),
        ("2026-06-15T00:00", "2026-06-15T23:59", 0),
        ("2026-06-08T12:00", "2026-06-15T12:00", 5),
        ("2026-06-15T12:00", "2026-06-08T12:00", 0),
        ("2025-06-16T12:00", "2026-06-15T12:00", 260),
    ],
)
def test_working_days_after_the_first_day_up_to_and_with_the_last(since: str, until: str, days: int) -> None:
    assert DEFAULT.working_days(utc(since), utc(until)) == days


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-04-02T10:00", "2026-04-07T10:00", 1),  # Good Friday and Easter Monday
        ("2026-03-05T10:00", "2026-03-10T10:00", 3),  # an ordinary week-end
        ("2025-03-06T10:00", "2025-03-10T10:00", 2),  # 8 March 2025, Berlin's own holiday, was a Saturday
        ("2027-03-05T10:00", "2027-03-09T10:00", 1),  # 8 March 2027 is a Monday
        ("2026-12-23T10:00", "2026-12-28T10:00", 1),  # a day off of the team's own, then Christmas
    ],
)
def test_public_holidays_and_days_off_are_not_worked(since: str, until: str, days: int) -> None:
    assert BERLIN.working_days(utc(since), utc(until)) == days


def test_a_day_begins_in_the_calendars_zone() -> None:
    """22:30 UTC on Sunday is half past midnight on Monday in Berlin, in summer."""
    sunday_night = utc("2026-06-14T22:30")
    assert BERLIN.date_of(sunday_night) == date(2026, 6, 15)
    assert BERLIN.working_days(sunday_night, utc("2026-06-15T12:00")) == 0
    assert DEFAULT.working_days(sunday_night, utc("2026-06-15T12:00")) == 1


@pytest.mark.parametrize(
    ("day", "begins"),
    [("2026-03-29", "2026-03-28T23:00"), ("2026-03-30", "2026-03-29T22:00"), ("2026-10-26", "2026-10-25T23:00")],
)
def test_a_day_begins_at_local_midnight_on_both_sides_of_a_change_of_clocks(day: str, begins: str) -> None:
    assert BERLIN.start_of(date.fromisoformat(day)) == utc(begins)


def test_a_day_without_midnight_begins_when_the_clocks_skip_it() -> None:
    """In São Paulo 00:00 on 4 November 2018 became 01:00."""
    assert CALENDARS[2].start_of(date(2018, 11, 4)) == utc("2018-11-04T03:00")


def test_a_weekend_may_be_any_days() -> None:
    riyadh = CALENDARS[4]
    assert [riyadh.is_working(date(2026, 6, day)) for day in range(18, 22)] == [True, False, False, True]


@given(st.sampled_from(CALENDARS), INSTANTS, COUNTS)
@settings(max_examples=300, deadline=None)
def test_reaches_is_the_first_instant_with_so_many_days(of: Calendar, since: datetime, count: int) -> None:
    moment = of.reaches(since, count)
    assert of.working_days(since, moment) >= count
    if count:
        assert of.working_days(since, moment - timedelta(microseconds=1)) < count


@given(st.sampled_from(CALENDARS), INSTANTS, COUNTS)
@settings(max_examples=300, deadline=None)
def test_earliest_within_is_the_first_instant_not_too_long_ago(of: Calendar, now: datetime, count: int) -> None:
    moment = of.earliest_within(now, count)
    assert of.working_days(moment, now) <= count
    assert of.working_days(moment - timedelta(microseconds=1), now) > count


@given(st.sampled_from(CALENDARS), DAYS, COUNTS)
@settings(max_examples=300, deadline=None)
def test_near_from_is_the_first_instant_at_which_a_day_is_near(of: Calendar, day: date, count: int) -> None:
    moment = of.near_from(day, count)
    assert of.days_to(moment, day) <= count
    assert of.days_to(moment - timedelta(microseconds=1), day) > count


@given(st.sampled_from(CALENDARS), DAYS, st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_counting_equals_looking_at_every_day(of: Calendar, first: date, length: int) -> None:
    days = [first + timedelta(days=step) for step in range(length + 1)]
    starts = [of.start_of(day) for day in days]
    assert all(before <= after for before, after in pairwise(starts))
    assert of.working_days(starts[0], starts[-1]) == of.days_to(starts[0], of.date_of(starts[-1]))
    assert of.days_to(starts[0], days[-1]) == sum(of.is_working(day) for day in days if day > of.date_of(starts[0]))


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"time_zone": "Europe/Berln"}, "did you mean 'Europe/Berlin'"),
        ({"time_zone": "../etc/passwd"}, "unknown time zone"),
        ({"country": "XX"}, "two letters as in 'DE'"),
        ({"country": "DE", "subdivision": "QQ"}, "known: BB, BE"),
        ({"subdivision": "BE"}, "needs its `country`"),
        ({"weekend": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}, "at least one working day"),
    ],
)
def test_what_cannot_be_a_calendar_is_refused_with_a_hint(fields: dict[str, Any], hint: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        calendar(**fields)
    assert hint in str(refused.value)
