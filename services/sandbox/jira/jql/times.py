"""Times in JQL: epoch milliseconds, a date or minute in the account's time zone, so long ago, and functions of now."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.sandbox.jira.jql.parsing import JqlError, Value
from services.sandbox.jira.records import millis

RELATIVE: Final = re.compile(r"^([+-]?)(\d+)([wdhm])(?:\s+(\d+)([wdhm]))?$")
UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
FORMATS: Final = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
FUNCTIONS: Final = ("now", "startofday", "endofday", "startofweek", "startofmonth", "currentlogin", "lastlogin")


def moment_of(value: Value, field: str, now: datetime, zone: ZoneInfo) -> int:
    """Return what a value of a date field means, as epoch milliseconds; raises `JqlError`."""
    if value.arguments is not None:
        return _function(value, now, zone)
    text = value.text.strip()
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if relative := _relative(text):
        return millis(now + relative)
    for form in FORMATS:
        try:
            return millis(datetime.strptime(text, form).replace(tzinfo=zone).astimezone(UTC))
        except ValueError:
            continue
    raise JqlError(
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd "
        "HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def _relative(text: str) -> timedelta | None:
    match = RELATIVE.match(text)
    if match is None:
        return None
    span = timedelta(**{UNITS[match[3]]: int(match[2])})
    if match[4]:
        span += timedelta(**{UNITS[match[5]]: int(match[4])})
    return -span if match[1] == "-" else span


def _function(value: Value, now: datetime, zone: ZoneInfo) -> int:
    name = value.text.casefold()
    if name not in FUNCTIONS:
        raise JqlError(f"Unable to find JQL function '{value.text}({', '.join(value.arguments or ())})'.")
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {
        "startofday": midnight,
        "endofday": midnight + timedelta(days=1, milliseconds=-1),
        "startofweek": midnight - timedelta(days=(midnight.weekday() + 1) % 7),
        "startofmonth": midnight.replace(day=1),
    }
    shift = _relative((value.arguments or ("",))[0].strip("\"'")) if value.arguments else None
    return millis(starts.get(name, now) + (shift or timedelta()))
