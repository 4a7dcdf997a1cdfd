"""An export that is large enough to be killed in the midst of, with a strategy; all of it invented.

Four teams, each with a project and an objective. Most issues are done; the open ones wait on each other across teams,
or were left lying. The same for the same seed, byte for byte.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import orjson

from tests.builders import Json, jira_comment, jira_issue, jira_link, jira_person, jira_time

AS_OF: Final = datetime(2026, 6, 15, 12, tzinfo=UTC)
ISSUES: Final = 1_600
OPEN_ONES: Final = 80
PROJECTS: Final = ("APP", "WEB", "OPS", "PAY")
PEOPLE: Final = ("ana", "bo", "cem", "dina")

STRATEGY: Final = """\
version: 1
cycle: {id: c, starts_on: "2026-04-01", ends_on: "2026-06-30"}
teams:
  - {id: app, owns: [{tracker: jira, project: APP}]}
  - {id: web, owns: [{tracker: jira, project: WEB}]}
  - {id: ops, owns: [{tracker: jira, project: OPS}]}
  - {id: pay, owns: [{tracker: jira, project: PAY}]}
objectives:
  - {id: quick-start, title: People start within a day, team: app, work: [{tracker: jira, project: APP}]}
  - {id: shop-window, title: Visitors find what they need, team: web, work: [{tracker: jira, project: WEB}]}
  - {id: quiet-nights, title: Nobody is woken, team: ops, work: [{tracker: jira, project: OPS, label: safe}]}
  - {id: paid-at-once, title: Invoices are paid at once, team: pay, work: [{tracker: jira, project: PAY}]}
"""

POISON: Final = (b'{"id": "1", "key"', b"\xff\xfe\xfa", b"[1, 2]", b'{"note": "no issue"}', b'{"fields": {}}')
"""Lines that are no issue: cut off, no text, another shape, an issue with nothing in it."""


@dataclass(frozen=True)
class Export:
    """Files to replay."""

    path: Path
    strategy: Path


def make_export(folder: Path, *, poison: float = 0.0) -> Export:
    """Write the export and its strategy; `poison` is the share of lines that are unusable."""
    lines = [orjson.dumps(issue) for issue in issues()]
    for count in range(round(len(lines) * poison)):
        lines.insert((count + 1) * len(lines) // (round(ISSUES * poison) + 1), POISON[count % len(POISON)])
    export = Export(folder / "export.jsonl", folder / "strategy.yaml")
    export.path.write_bytes(b"\n".join(lines) + b"\n")
    export.strategy.write_text(STRATEGY, encoding="utf-8")
    return export


def poisoned_lines(export: Export) -> list[int]:
    """Return the numbers of the unusable lines."""
    lines = export.path.read_bytes().split(b"\n")
    return [number for number, line in enumerate(lines, start=1) if line in POISON]


def issues() -> list[Json]:
    """Return the issues."""
    chance = Random(20260615)  # noqa: S311 -- made-up work, no secret
    return [_open_one(number, chance) if number % (ISSUES // OPEN_ONES) == 0 else _done_one(number, chance)
            for number in range(1, ISSUES + 1)]  # fmt: skip


def _project(number: int) -> str:
    return PROJECTS[number // (ISSUES // OPEN_ONES) % len(PROJECTS)]


def _done_one(number: int, chance: Random) -> Json:
    created = AS_OF - timedelta(days=chance.randint(30, 200), minutes=chance.randint(0, 1000))
    done = created + timedelta(days=chance.randint(1, 25))
    return jira_issue(
        number, project=_project(number), category="done", created=created, resolution={"id": "1", "name": "Done"},
        resolutiondate=jira_time(done), updated=jira_time(done), summary=f"Finished piece {number}",
    )  # fmt: skip


def _open_one(number: int, chance: Random) -> Json:
    """Return an open issue; two of three wait on the open one before, which belongs to another team."""
    step, project = ISSUES // OPEN_ONES, _project(number)
    created = AS_OF - timedelta(days=chance.randint(20, 60))
    touched = created + timedelta(days=chance.randint(0, 19))
    links = []
    if number > step and chance.random() < 0.66:
        links = [jira_link(number, "Blocks", inward=number - step, project=_project(number - step))]
    due: Json = (
        {"duedate": f"{AS_OF + timedelta(days=chance.randint(-5, 30)):%Y-%m-%d}"} if chance.random() < 0.5 else {}
    )
    return jira_issue(
        number, project=project, category=chance.choice(["new", "indeterminate"]), created=created,
        updated=jira_time(touched), summary=f"Piece {number}", issuelinks=links,
        assignee=None if chance.random() < 0.2 else jira_person(chance.choice(PEOPLE)),
        labels=["safe"] if chance.random() < 0.5 else [],
        comment={"comments": [jira_comment(number, touched, jira_person("bo"))], "startAt": 0}, **due,
    )  # fmt: skip
