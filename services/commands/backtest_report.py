"""A backtest as it is printed: a table for people, one JSON document for programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any, Final

from services.backtest.comparing import Comparison
from services.backtest.lives import Life
from services.backtest.summary import WORKING_WEEK, RuleSummary
from services.commands.backtesting import COSTLY, Backtest, Told
from services.commands.output import OutputFormat, counted, out, print_json
from services.notifier.channels.terminal.channel import safe

_HEAD: Final = ("rule", "fired", "stood", "open", "median", "85 %", "in a week")
_LISTED: Final = 20
"""So many findings that only one of two runs has are named; they are counted all."""
NOT_KNOWN: Final = (
    "One strategy holds for all days: no due of an objective ever moves, so date-slip tells of items only.",
    "What an item serves is as it stood on the day; one that came late counts as if it had been there all along.",
    "Only what the exports tell is known: no deleted item, no connection that failed, nothing that only Leeway saw.",
)
"""What a detector that ran all the while would have known besides."""


def print_backtest(result: Backtest, format_: OutputFormat) -> None:
    """Print what came of a backtest."""
    if format_ is OutputFormat.JSON:
        print_json(row(result))
        return
    for line in lines(result):
        out.print(line)


def row(result: Backtest) -> dict[str, Any]:
    """Return it in the shape that `--format json` promises."""
    days = result.past.days
    found: dict[str, Any] = {
        "from": days.first,
        "to": days.last,
        "at": days.at,
        "days": len(days),
        "items": result.past.items,
        "set_aside": result.past.set_aside,
        "rules": [asdict(rule) for rule in result.told.rules],
        "left_out": list(_left_out(result)),
        "not_known": list(NOT_KNOWN),
    }
    if result.with_changed is None or result.comparison is None:
        return found
    changed = {
        "set": dict(result.request.changed),
        "rules": [asdict(rule) for rule in result.with_changed.rules],
        "spared": [_life(life, result) for life in result.comparison.spared],
        "added": [_life(life, result) for life in result.comparison.added],
        "reweighed": result.comparison.reweighed,
    }
    return found | {"changed": changed}


def _life(life: Life, result: Backtest) -> dict[str, Any]:
    day = result.past.days.day
    return {
        "fingerprint": life.draft.fingerprint,
        "rule": life.draft.rule,
        "severity": life.worst.value,
        "subjects": [{"ref": ref, "key": result.past.keys.get(ref)} for ref in life.draft.subjects],
        "team": life.draft.team,
        "objective": life.draft.objective,
        "from": day(life.began),
        "to": None if life.ended is None else day(life.ended),
    }


def _left_out(result: Backtest) -> Iterator[str]:
    return (name for name in COSTLY if name not in result.request.rules)


def lines(result: Backtest) -> Iterator[str]:
    """Give it for people, line by line."""
    days = result.past.days
    yield f"{days.first} to {days.last}, judged at {days.at:%H:%M} UTC: {_of_all(result)}."
    yield ""
    yield from _table(result.told)
    yield ""
    yield (
        f"fired: after the first day; stood: on the first day already; open: on the last day. Days from firing to "
        f"clearing: median and 85th percentile. In a week: cleared within {WORKING_WEEK} working days of the team that "
        "must act."
    )
    yield from _places(result.told)
    for name in _left_out(result):
        yield f"Left out: {name}, which costs 10,000 trials an objective and day; ask for it with --rule {name}."
    yield from (f"Not known: {one}" for one in NOT_KNOWN)
    if result.with_changed is not None and result.comparison is not None:
        yield from _changed(result, result.with_changed, result.comparison)


def _of_all(result: Backtest) -> str:
    aside = result.past.set_aside
    unusable = f", {counted(aside, 'line')} set aside" if aside else ""
    return f"{counted(len(result.past.days), 'day')}, {counted(result.past.items, 'item')}{unusable}"


def _table(told: Told) -> Iterator[str]:
    shown = [rule for rule in told.rules if rule.fired or rule.stood]
    if shown:
        yield from _columns([_HEAD, *map(_cells, shown)])
    if quiet := [rule.rule for rule in told.rules if not (rule.fired or rule.stood)]:
        yield f"Never: {', '.join(quiet)}."


def _cells(rule: RuleSummary) -> tuple[str, ...]:
    lived = ("-" if days is None else f"{days} d" for days in (rule.median_days, rule.p85_days))
    week = f"{rule.cleared_in_week / rule.in_time:.0%}" if rule.in_time else "-"
    return (rule.rule, str(rule.fired), str(rule.stood), str(rule.open), *lived, week)


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Give rows with their columns in line: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for first, *rest in rows:
        numbers = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=False))
        yield "  ".join((first.ljust(widths[0]), *numbers))


def _places(told: Told) -> Iterator[str]:
    """Say of each rule how heavy its findings were, and whom they were for where there is a choice."""
    for rule in told.rules:
        if rule.fired or rule.stood:
            several = (rule.severities, rule.teams, rule.objectives)
            kinds = zip(("severity", "team", "objective"), several, strict=True)
            said = [f"by {kind}: {_each(counts)}" for kind, counts in kinds if len(counts) > (kind != "severity")]
            yield f"{rule.rule} - {'; '.join(said)}."


def _each(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{safe(name)} {count}" for name, count in counts.items())


def _changed(result: Backtest, told: Told, comparison: Comparison) -> Iterator[str]:
    values = ", ".join(f"{name} = {value}" for name, value in result.request.changed.items())
    yield ""
    yield f"With {values} (where a team or an objective sets its own value, that stays):"
    if beside := list(_beside(result, told)):
        yield from _columns([("rule", "fired", "with it", "open", "with it", "median", "with it"), *beside])
    else:
        yield "No rule would have said anything else."
    spared, added = comparison.spared, comparison.added
    yield (
        f"{counted(len(spared), 'finding')} fewer, {len(added)} more; {comparison.reweighed} with another highest "
        "severity."
    )
    yield from _listed("Fewer", spared, result)
    yield from _listed("More", added, result)


def _beside(result: Backtest, told: Told) -> Iterator[tuple[str, ...]]:
    for one, other in zip(result.told.rules, told.rules, strict=True):
        if one != other:
            pairs = ((one.fired, other.fired), (one.open, other.open), (one.median_days, other.median_days))
            yield (one.rule, *("-" if value is None else str(value) for pair in pairs for value in pair))


def _listed(title: str, lives: Sequence[Life], result: Backtest) -> Iterable[str]:
    shown = [f"  {_said(life, result)}" for life in lives[:_LISTED]]
    more = [f"  and {len(lives) - _LISTED} more; --format json has all"] if len(lives) > _LISTED else []
    return (f"{title}:", *shown, *more) if lives else ()


def _said(life: Life, result: Backtest) -> str:
    day = result.past.days.day
    until = "open" if life.ended is None else f"to {day(life.ended)}"
    names = safe(", ".join(result.past.keys.get(ref, ref) for ref in life.draft.subjects))
    return f"{day(life.began)} {until}  {life.worst.value} {life.draft.rule}: {names}"
