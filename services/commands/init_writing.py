"""The end of `leeway init`: the two files, and what comes next."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from schemas.work_items import Tracker
from services.commands.checking import check_file, verdict
from services.commands.config_file import with_connection
from services.commands.describing import Described, Wanted
from services.commands.drafting import Draft, Found, draft
from services.commands.looking import Seen
from services.commands.output import counted, out, say
from services.commands.questions import Questions
from services.commands.secret_files import variable_of
from services.connectors.tracker import Goal
from services.detector.policy import parse_policy
from services.mapper.strategy_file import check_strategy
from services.runtime.configuration import Configuration
from services.runtime.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found and agreed on, ready to be written."""

    described: Described
    seen: Seen
    goals: tuple[Goal, ...]


def write(ask: Questions, wanted: Wanted, answers: Answers, configuration: Configuration, today: date) -> None:
    """Write `leeway.yaml` and, unless it is not wanted, the strategy; say what was written and what comes next."""
    described, seen = answers.described, answers.seen
    existing = _text(wanted.config_out)
    text = with_connection(existing, described.connection, seen.catalogue, str(wanted.config_out))
    drafted = None if wanted.strategy_out is None else _drafted(ask, wanted, answers, configuration, today)
    _put(wanted.config_out, text)
    out.print(f"\nWrote {wanted.config_out}: the connection `{described.connection.id}`.")
    if wanted.strategy_out is not None and drafted is not None:
        _put(wanted.strategy_out, drafted.text)
        _tell_strategy(wanted.strategy_out, drafted)
    _say_next(described, wanted.strategy_out)


def _drafted(
    ask: Questions, wanted: Wanted, answers: Answers, configuration: Configuration, today: date
) -> Draft | None:
    path, connection = wanted.strategy_out, answers.described.connection
    assert path is not None  # noqa: S101 -- for mypy: asked before
    existing = None if wanted.force else _text(path)
    if existing is not None:
        if check_strategy(path, parse_policy).errors:
            say(f"{path} has mistakes, so nothing is added to it: `leeway check {path}` lists them.")
            return None
        if not ask.yes(f"{path} is there already. Add the teams and objectives that were found?"):
            return None
    siblings = [one for one in configuration.connections if one.tracker == connection.tracker]
    site = connection.id if any(one.id != connection.id for one in siblings) else None
    found = Found(
        Tracker(connection.tracker), answers.seen.scopes, answers.seen.catalogue.gatherings, answers.goals, site
    )
    return draft(found, today, existing)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}.") from error


def _put(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}.") from error


def _tell_strategy(path: Path, drafted: Draft) -> None:
    added = f"{counted(drafted.teams, 'team')}, {counted(drafted.objectives, 'objective')}"
    more = f"; {drafted.left_out} more were found and are left out" if drafted.left_out else ""
    out.print(f"Wrote {path}: {added}{more}.")
    out.print(verdict(path, check_file(path)))


def _say_next(described: Described, strategy: Path | None) -> None:
    out.print("\nNext:")
    if described.kept_in is not None:
        out.print(f"  export {variable_of(described.connection.token)}_FILE={described.kept_in}")
    told = [("leeway up", "reads the site, then goes on reading it")]
    told += [] if strategy is None else [(f"leeway apply {strategy}", "once you have rewritten it")]
    told += [("leeway doctor", "says what is wrong, and what to do")]
    width = max(len(command) for command, _ in told)
    for command, what in told:
        out.print(f"  {command:{width}}  # {what}")
