"""`strategy.yaml`: read closed, then checked as a whole, with the place of each problem."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from schemas.strategy import Strategy
from schemas.work_items import WorkItem
from services.mapper.strategy_lint import CheckPolicy, Problem, Severity, lint
from services.mapper.strategy_matches import unmatched
from services.runtime.closed_yaml import InvalidFile, Loaded, load
from services.runtime.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Checked:
    """What a strategy file says, or none where it cannot be read, and every problem in the order of the lines."""

    strategy: Strategy | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems with which it cannot be applied."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)


def check_strategy(
    path: Path, check_policy: CheckPolicy | None = None, items: Iterable[WorkItem] | None = None
) -> Checked:
    """Read and check a strategy file; with items, of an export, also warn of selectors that match none of them.

    Raises `Misconfigured` where there is no file to read.
    """
    try:
        loaded = load(path, Strategy)
    except InvalidFile as error:
        found = (Problem(Severity.ERROR, one.file, one.line, "", one.sentence) for one in error.problems)
        return Checked(None, tuple(found))
    problems = list(lint(loaded, check_policy))
    if items is not None:
        problems += unmatched(loaded, items)
    return Checked(loaded.value, tuple(sorted(problems, key=lambda problem: problem.line)))


def load_strategy(path: Path, check_policy: CheckPolicy | None = None) -> Strategy:
    """Return the strategy in a file, or raise `Misconfigured` with one line an error; warnings do not stop it."""
    checked = check_strategy(path, check_policy)
    if checked.strategy is None or checked.errors:
        raise Misconfigured("\n".join(map(str, checked.errors)))
    return checked.strategy


__all__ = ["Checked", "Loaded", "Problem", "Severity", "check_strategy", "load_strategy"]
