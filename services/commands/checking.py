"""`leeway check` and `leeway apply`: is the strategy sound, and from now on it holds."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from schemas.strategy import Strategy
from schemas.work_items import WorkItem
from services.commands.assembly import mapping_options
from services.commands.exports import refuse_unusable
from services.commands.output import OutputFormat, counted, out, print_json, shown_default
from services.commands.start import configuration_for, run, settings_for
from services.commands.workplace import workplace
from services.connectors.export.lines import Problem as LineProblem
from services.connectors.export.survey import entries_of, survey
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.pages import MAPPERS
from services.detector.policy import POLICY, compile_strategy, parse_policy
from services.detector.rules.output_key_result import counts_output, rewrite
from services.mapper.commands import Applied, apply_strategy
from services.mapper.strategy_file import Checked, check_strategy, load_strategy
from services.mapper.strategy_lint import Problem, Severity, problem_at
from services.runtime.clock import SystemClock
from services.runtime.closed_yaml import Loaded, load


def has_errors(path: Path, exports: Sequence[Path], site: str, format_: OutputFormat) -> bool:
    """Check a strategy file and print its problems; with exports, also selectors that match nothing in them."""
    settings = settings_for()
    options = mapping_options(configuration_for(settings))
    refuse_unusable(exports)
    items = items_of(exports, site, options) if exports else None
    checked = check_file(path, items)
    if format_ is OutputFormat.JSON:
        print_json({"problems": _rows(checked)})
    else:
        for problem in checked.problems:
            out.print(str(problem))
        out.print(verdict(path, checked))
    return bool(checked.errors)


def check_file(path: Path, items: Iterable[WorkItem] | None = None) -> Checked:
    """Check a strategy file, key results that count what is made included; with items, selectors that match none too.

    Raises `Misconfigured` where there is no file to read.
    """
    checked = check_strategy(path, parse_policy, items)
    if checked.strategy is None:
        return checked
    problems = [*checked.problems, *output_key_results(load(path, Strategy))]
    return Checked(checked.strategy, tuple(sorted(problems, key=lambda problem: problem.line)))


def output_key_results(strategy: Loaded[Strategy]) -> Iterator[Problem]:
    """Yield a warning at the title of each key result that counts what is made, with a question that leads on."""
    for place, objective in enumerate(strategy.value.objectives):
        for at, result in enumerate(objective.key_results):
            word = counts_output(result.title, result.unit, result.kind)
            if word is not None:
                location = ("objectives", place, "key_results", at, "title")
                message = f"the key result `{result.id}` counts what is made, not what changes for anybody."
                yield problem_at(strategy, Severity.WARNING, location, message, rewrite(word))


def verdict(path: Path, checked: Checked) -> str:
    """Return what is said of a strategy file in one line."""
    if checked.strategy is None or checked.errors:
        return f"{path}: {len(checked.errors)} to mend before it can be applied."
    others = len(checked.problems)
    objectives, teams = len(checked.strategy.objectives), len(checked.strategy.teams)
    sound = f"{path}: sound; {counted(objectives, 'objective')}, {counted(teams, 'team')}"
    return f"{sound}, {others} to look at." if others else f"{sound}."


def show_policy(format_: OutputFormat) -> None:
    """Print every policy field with its default, unit and source."""
    rows = policy_rows()
    if format_ is OutputFormat.JSON:
        print_json(rows)
        return
    for row in rows:
        out.print(f"{row['name']}: {shown_default(row['default'])}")
        out.print(f"    {row['meaning']}")


def items_of(exports: Sequence[Path], site: str, options: MappingOptions) -> Iterator[WorkItem]:
    """Read the items of exports, one after the other; what cannot be read is passed over."""
    found = survey(exports)
    for entry in entries_of(exports, found):
        if isinstance(entry, LineProblem):
            continue
        outcome = MAPPERS[entry.tracker](entry.raw, site, None, options)
        if isinstance(outcome, Mapped):
            yield outcome.item


def sound_strategy(path: Path) -> Strategy:
    """Return the strategy in a file, or raise `Misconfigured` with every error that it has."""
    strategy = load_strategy(path, parse_policy)
    compile_strategy(strategy)
    return strategy


def apply_file(path: Path, author: str, home: Path | None) -> Applied:
    """Check a strategy file and make it the one that holds."""
    strategy = sound_strategy(path)
    settings, clock = settings_for(home), SystemClock()

    async def work() -> Applied:
        async with workplace(settings, clock, create=True) as place:
            return await apply_strategy(place.room("mapper"), strategy, author, clock)

    return run(work())


def policy_rows() -> list[dict[str, Any]]:
    """Return every policy field: name, default, and unit and source in its description."""
    return [
        {"name": name, "default": field.get_default(call_default_factory=True), "meaning": field.description or ""}
        for name, field in sorted(POLICY.model_fields.items())
    ]


def _rows(checked: Checked) -> list[dict[str, Any]]:
    return [
        {"severity": one.severity.value, "file": one.path, "line": one.line, "where": one.where}
        | {"message": one.message, "hint": one.hint}
        for one in checked.problems
    ]
