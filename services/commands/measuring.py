"""`leeway measure`: a value of a key result, or a CSV file of them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from schemas.measurements import KeyResultMeasured
from services.commands.inspecting import at_home
from services.commands.workplace import Workplace
from services.detector.measuring import Given, faults, key_results_of, measure, measured
from services.mapper import queries as mapper
from services.runtime.errors import Misconfigured

REQUIRED: Final = ("key_result", "measured_at", "value")
OPTIONAL: Final = ("source", "confidence", "note", "by")
SHOWN: Final = 20
"""So many faults of a file are named; they are counted all."""


@dataclass(frozen=True, slots=True)
class Line:
    """A measurement and where it stands: `line 7 of readers.csv`, or nothing for one that was typed."""

    given: Given
    place: str = ""


def lines_of(path: Path) -> list[Line]:
    """Read a CSV file with a head line. Raises `Misconfigured` with every fault and its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read as UTF-8 text: {error}.") from error
    rows = csv.DictReader(text.splitlines(), strict=True)
    head = [name.strip() for name in rows.fieldnames or ()]
    if missing := [name for name in REQUIRED if name not in head]:
        columns = f"{', '.join(REQUIRED)}, and as wanted {', '.join(OPTIONAL)}"
        raise Misconfigured(f"{path}: the first line must name the columns {columns}; missing: {', '.join(missing)}.")
    if unknown := [name for name in head if name not in (*REQUIRED, *OPTIONAL)]:
        raise Misconfigured(
            f"{path}: unknown columns {', '.join(unknown)}; known: {', '.join((*REQUIRED, *OPTIONAL))}."
        )
    rows.fieldnames = head
    read, wrong = [], []
    try:
        for row in rows:
            place = f"line {rows.line_num} of {path.name}"
            try:
                values = {name: value.strip() for name, value in row.items() if name and value and value.strip()}
                read.append(Line(Given.model_validate({"source": "csv"} | values), place))
            except ValidationError as error:
                wrong += [f"{place}: {detail['loc'][0]}: {detail['msg']}" for detail in error.errors()]
    except csv.Error as error:
        raise Misconfigured(f"line {rows.line_num} of {path.name} is no CSV: {error}.") from error
    _refuse(wrong)
    return read


def typed(**given: object) -> list[Line]:
    """Return the one measurement that was typed."""
    return [Line(Given.model_validate(given))]


def keep(lines: list[Line], home: Path | None, now: datetime) -> int:
    """Check measurements against the newest strategy and keep them all; return how many."""

    async def kept(place: Workplace) -> int:
        newest = await mapper.newest_strategy(place.room("mapper"))
        if newest is None:
            raise Misconfigured(
                "No strategy is applied, so there are no key results: run `leeway apply strategy.yaml`."
            )
        _refuse(list(_faults(lines, key_results_of(newest.strategy), now)))
        taken: list[KeyResultMeasured] = [measured(line.given, now) for line in lines]
        await measure(place.room("detector"), taken, place.clock)
        return len(taken)

    return at_home(home, kept)


def _faults(lines: list[Line], known: frozenset[str], now: datetime) -> Iterator[str]:
    for line in lines:
        for fault in faults(line.given, known, now):
            yield f"{line.place}: {fault}" if line.place else fault


def _refuse(wrong: list[str]) -> None:
    """Raise what is wrong, so that nothing is kept by half."""
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        raise Misconfigured(f"Nothing was kept: {'; '.join([*wrong[:SHOWN], *more])}.")
