"""`leeway forecast`: when each objective may be done, how likely its due is kept, and what moves that most.

Promise: it reads what was kept and forecasts nothing anew. Nothing is told as certain; an objective without a forecast
is told with the reason.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from math import floor
from pathlib import Path
from typing import Any, Final

from services.commands.inspecting import at_home
from services.commands.output import OutputFormat, counted, out, print_json, say
from services.commands.workplace import Workplace
from services.detector.facts import Forecast, Mover
from services.detector.forecast.pure import HORIZON
from services.detector.forecast.queries import Foreseen, find_forecasts, list_forecasts
from services.notifier.channels.terminal.channel import safe
from services.runtime.errors import Misconfigured
from services.runtime.wording import suggestion

SHOWN_MOVERS: Final = 3
_IN: Final = 10
_LEGEND: Final = "Half of the trials end by the best day, 85 % by the base day, 95 % by the worst day."


def forecasts_at(home: Path | None) -> Sequence[Foreseen]:
    """Return each objective of a home, or of the configured database, with its newest forecast."""
    found = at_home(home, lambda place: list_forecasts(place.room("detector")))
    if not found:
        say("No strategy is applied, so there is nothing to forecast yet: run `leeway apply strategy.yaml`.")
    return found


def forecasts_of(home: Path | None, objective: str) -> Foreseen:
    """Return one objective with all its forecasts, or say which objectives there are."""

    async def found(place: Workplace) -> tuple[Foreseen | None, list[str]]:
        database = place.room("detector")
        return await find_forecasts(database, objective), [one.objective for one in await list_forecasts(database)]

    one, names = at_home(home, found)
    if one is None:
        raise Misconfigured(f"There is no objective {objective!r}: {suggestion(objective, names)}")
    return one


def print_all(found: Sequence[Foreseen], format_: OutputFormat) -> None:
    """Print each objective with its newest forecast."""
    if format_ is OutputFormat.JSON:
        print_json([row(one) for one in found])
        return
    for one in found:
        _print(one)
        out.print()
    out.print(_LEGEND, style="dim")
    out.print(f"{counted(len(found), 'objective')}.")


def print_one(one: Foreseen, format_: OutputFormat) -> None:
    """Print an objective with its newest forecast, and the earlier ones beside it."""
    earlier = one.forecasts[1:]
    if format_ is OutputFormat.JSON:
        print_json(row(one) | {"earlier": [asdict(forecast) for forecast in earlier]})
        return
    _print(one)
    if earlier:
        out.print("  Earlier, as they were made then:")
    for forecast in earlier:
        told = forecast.refused or f"in time {odds(forecast.probability or 0)}, {_ends(forecast)}"
        out.print(safe(f"    {forecast.as_of.date()}, due {forecast.due}: {told}"))
    out.print(f"  {_LEGEND}", style="dim")


def row(one: Foreseen) -> dict[str, Any]:
    """Return an objective with its newest forecast as `--format json` promises it; none where there is none."""
    newest = asdict(one.forecasts[0]) if one.forecasts else None
    return {"objective": one.objective, "title": one.title, "due": one.due, "forecast": newest}


def odds(probability: float) -> str:
    """Return a probability as people say it: "7 in 10", and never none or all of them."""
    tenths = floor(probability * _IN + 0.5)
    if tenths < 1:
        return f"less than 1 in {_IN}"
    return f"{tenths} in {_IN}" if tenths < _IN else f"more than {_IN - 1} in {_IN}"


def _print(one: Foreseen) -> None:
    out.print(safe(f"{one.title} ({one.objective}), due {one.due}"), style="bold")
    for line in _told(one):
        out.print(safe(f"  {line}"))


def _told(one: Foreseen) -> list[str]:
    if not one.is_open:
        return ["No forecast: nothing of it is open."]
    if not one.forecasts:
        return ["Not forecast yet: that is done once a day while something of it is open and its due is not past."]
    newest = one.forecasts[0]
    if newest.refused:
        return [f"No forecast: {newest.refused}", f"As of {newest.as_of.date()}."]
    due = "" if newest.due == one.due else f" for the due it had then, {newest.due}"
    leaves = counted(newest.open_leaves, "open leaf", "open leaves")
    days = f"{newest.sampled_days} working days, {newest.active_days} of them with a delivery"
    return [
        f"In time{due}: {odds(newest.probability or 0)}; {_ends(newest)}.",
        *[f"Nearer {_mover(mover)}." for mover in newest.movers[:SHOWN_MOVERS]],
        f"As of {newest.as_of.date()}: {leaves}, {newest.trials:,} trials from {days}.",
    ]


def _ends(forecast: Forecast) -> str:
    days = (("best", forecast.best), ("base", forecast.base), ("worst", forecast.worst))
    return ", ".join(f"{name} {_day(day, forecast)}" for name, day in days)


def _day(day: date | None, forecast: Forecast) -> str:
    return f"beyond {(forecast.as_of + HORIZON).year}" if day is None else day.isoformat()


def _mover(mover: Mover) -> str:
    names = mover.names or mover.subjects
    without = f"if {names[1]} did not wait on {names[0]}" if len(names) > 1 else f"without {names[0]}, which nobody has"
    return f"{without}: {odds(mover.probability)}, {counted(mover.days_earlier, 'working day')} earlier"
