"""Fills the sites from exports of Jira: as Jira, as Asana, or as both. What cannot be served is told; all else is."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain
from pathlib import Path

from services.runtime.errors import Misconfigured
from services.sandbox.asana.site import AsanaSite
from services.sandbox.converting import Converter
from services.sandbox.export_lines import Bad, Issue, issues_of
from services.sandbox.jira.site import JiraSite


class LoadAs(StrEnum):
    """Which of the sites an export fills."""

    JIRA = "jira"
    ASANA = "asana"
    BOTH = "both"


def load(paths: Sequence[Path], jira: JiraSite, asana: AsanaSite, load_as: LoadAs = LoadAs.JIRA) -> list[Bad]:
    """Serve the issues of the files; returns what could not be. Raises `Misconfigured` if no issue is left."""
    bad: list[Bad] = []
    loaded = 0
    known = _ids(paths) if load_as is not LoadAs.JIRA else frozenset()
    converter = Converter(known)
    for one in _all(paths):
        reason = one.reason if isinstance(one, Bad) else _serve(one, jira, asana, load_as, converter)
        if reason is None:
            loaded += 1
        else:
            bad.append(Bad(one.file, one.line, reason))
    if not loaded:
        first = f"; {bad[0]}" if bad else ""
        raise Misconfigured(f"No issue in {', '.join(map(str, paths))} can be served{first}.")
    return bad


def _all(paths: Sequence[Path]) -> Iterator[Issue | Bad]:
    return chain.from_iterable(map(issues_of, paths))


def _ids(paths: Sequence[Path]) -> frozenset[str]:
    """Return the ids of all issues: a link to any other leads nowhere."""
    return frozenset(str(one.raw["id"]) for one in _all(paths) if isinstance(one, Issue))


def _serve(issue: Issue, jira: JiraSite, asana: AsanaSite, load_as: LoadAs, converter: Converter) -> str | None:
    """Put an issue into the sites, or return why it does not fit."""
    issue.raw["fields"].setdefault("summary", "")
    try:
        task = converter.task(issue.raw) if load_as is not LoadAs.JIRA else None
        if load_as is not LoadAs.ASANA:
            jira.put(issue.raw)
        if task is not None:
            asana.put(task)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return f"the issue is not as Jira gives it ({type(error).__name__}: {error})"
    return None
