"""How commands speak: data to standard output, everything else to standard error, one sentence a fault."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from services.runtime.errors import LeewayError, Transient

P = ParamSpec("P")
R = TypeVar("R")

out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

EXIT_FOUND = 1
EXIT_MISCONFIGURED = 2


class OutputFormat(StrEnum):
    """For people or for programs."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[OutputFormat, typer.Option("--format", help="text for people, json for programs.")]


def print_json(data: Any) -> None:
    """Write one JSON document, indented, to standard output."""
    sys.stdout.write(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_NAIVE_UTC).decode() + "\n")
    sys.stdout.flush()


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return "1 team", "2 teams"."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def shown_default(value: object) -> str:
    """Return a default for people: a list with commas."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def say(text: str) -> None:
    """Write a line for a person to standard error, so that it never mixes with data."""
    err.print(text)


def one_sentence_a_fault(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our own errors into one sentence on standard error and exit code 2; bugs keep their trace."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except LeewayError as fault:
            err.print(f"leeway: {_with_remedy(fault)}", style="red")
            raise typer.Exit(EXIT_MISCONFIGURED) from fault
        except typer.Abort:
            if sys.stdin.isatty():
                raise
            err.print(
                "\nleeway: Nobody is there to answer: give --yes, and by options what has no default.", style="red"
            )
            raise typer.Exit(EXIT_MISCONFIGURED) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return run


def _with_remedy(fault: LeewayError) -> str:
    """Return the sentence; what failed for now, and says not what to do, may be tried again."""
    if not isinstance(fault, Transient):
        return str(fault)
    return f"{str(fault).rstrip('.')}; see that it is up and that its address is right, then try again."


class Steps:
    """Bars for long work, drawn only when standard error is a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    @property
    def console(self) -> Console:
        """Where lines may be printed while a bar is shown: above it."""
        return self._progress.console

    @property
    def is_drawn(self) -> bool:
        """Whether anybody sees the bars."""
        return not self._progress.disable

    def __call__(self, label: str, done: int, total: int | None, *, bar: str | None = None) -> None:
        """Show that `done` of `total` of the work named `label` is behind us; bars of one name are the same bar."""
        name = bar or label
        if name not in self._tasks:
            for other in self._tasks.values():
                self._progress.update(other, visible=False)
            self._tasks[name] = self._progress.add_task(label, total=total)
        self._progress.update(self._tasks[name], description=label, completed=done, total=total)


@contextmanager
def steps() -> Iterator[Steps]:
    """Open the progress display; it vanishes when the work is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True, highlight=False, markup=False)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Steps(progress)
