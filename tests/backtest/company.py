"""An invented company's exports with whole histories: Jira issues with changelogs, Asana tasks with stories, twins.

Made by a seeded generator: statuses go forward and back, dues and owners move, links and parents come, people comment.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import orjson

from schemas.strategy import Strategy
from tests.builders import (
    JIRA_CATEGORIES,
    Json,
    asana_person,
    asana_story,
    asana_task,
    jira_comment,
    jira_history,
    jira_issue,
    jira_link,
    jira_person,
    jira_time,
)

FIRST, LAST = date(2026, 5, 4), date(2026, 6, 26)
PEOPLE = ("ana", "bo", "cleo")
STATUS = {"new": "Open", "indeterminate": "In Progress", "done": "Closed"}


def strategy() -> Strategy:
    """Return two teams in two zones, objectives with key results, and shares of capacity."""
    key_results = [
        {"id": "steps", "title": "Median steps to pay", "unit": "steps", "baseline": 9, "target": 3, "cadence_days": 7},
        {"id": "launch", "title": "Launch 3 payment pages", "kind": "output"},
    ]
    return Strategy.model_validate(
        {
            "version": 1,
            "cycle": {"id": "q2", "starts_on": "2026-05-11", "ends_on": "2026-06-24"},
            "calendars": [{"id": "tokyo", "time_zone": "Asia/Tokyo"}],
            "bets": [{"id": "pay", "statement": "Paying is easy", "budget": 0.3}],
            "teams": [
                {"id": "app", "members": ["Ana"], "owns": [{"project": "APP"}]},
                {"id": "pay", "calendar": "tokyo", "owns": [{"project": "PAY"}]},
            ],
            "objectives": [
                {"id": "easy", "title": "Buyers pay in one step", "team": "app", "bet": "pay", "due_on": "2026-06-19",
                 "key_results": key_results, "work": [{"label": "easy"}, {"epic": "APP-1"}]},
                {"id": "safe", "title": "No order is lost", "team": "pay", "owner": "bo", "work": [{"label": "safe"}]},
                {"id": "calm", "title": "Nobody is woken at night", "team": "pay", "work": [{"label": "calm"}]},
            ],
            "capacity": [{"id": "bugs", "share": [0, 0.1], "work": [{"type": "Bug"}]}],
            "policy": {"aging_min_finished": 3, "rework_min_moved": 3, "outcome_min_delivered": 1,
                       "capacity_min_item_days": 2, "scope_min_base": 2, "unaligned_min_items": 2,
                       "bottleneck_teams": 1},
        }
    )  # fmt: skip


def write(path: Path, seed: int, issues: int = 50, tasks: int = 12) -> Path:
    """Write an export of so many issues and tasks; the same seed gives the same."""
    random = Random(seed)  # noqa: S311 -- the same seed, the same company
    made = [_issue(random, number, issues) for number in range(1, issues + 1)]
    made += [_task(random, number, issues) for number in range(1, tasks + 1)]
    random.shuffle(made)
    path.write_bytes(b"\n".join(map(orjson.dumps, made)))
    return path


def _moments(random: Random, count: int) -> list[datetime]:
    begin = datetime(2026, 4, 20, tzinfo=UTC)
    return sorted(begin + timedelta(minutes=random.randrange(70 * 24 * 60)) for _ in range(count))


def _project(number: int) -> str:
    return ("APP", "PAY")[number % 2]


def _issue(random: Random, number: int, among: int) -> Json:
    created, *moments = _moments(random, 1 + random.randrange(9))
    is_epic, is_subtask = number <= 3, number % 7 == 0
    fields: Json = {
        "assignee": _maybe_person(random),
        "labels": random.sample(["easy", "safe", "decision", "escalation", "discovery", "later"], random.randrange(3)),
        "duedate": _day(random),
        "issuelinks": _links(random, number, among),
        "resolutiondate": None,
        "description": f"https://app.asana.com/0/900/{number}" if number <= 6 else None,
    }
    if is_subtask or number % 5 == 0:
        parent = random.randrange(1, among)
        fields["parent"] = {"id": str(parent), "key": f"{_project(parent)}-{parent}"}
    category, histories = _lived(random, number, moments, fields)
    fields["comment"] = {"comments": _comments(random, number, moments)}
    fields["updated"] = jira_time(max([created, *moments]))
    name = "Epic" if is_epic else random.choice(["Story", "Bug", "Task", "Decision", "Spike"])
    return jira_issue(number, project=_project(number), category=category, type_name=name, subtask=is_subtask,
                      created=created, histories=histories if random.random() < 0.8 else None, **fields)  # fmt: skip


def _lived(random: Random, number: int, moments: Sequence[datetime], fields: Json) -> tuple[str, list[Json]]:
    """Let things happen to an issue; return the category that it ends in, and its histories."""
    category, histories = "new", []
    for place, at in enumerate(moments):
        by = jira_person(random.choice(PEOPLE))
        kind = random.choice(["status", "status", "duedate", "assignee", "labels", "rank"])
        if kind == "status":
            before, category = category, random.choice([one for one in JIRA_CATEGORIES if one != category])
            moves = [_moved("status", before, STATUS[before], category, STATUS[category])]
            if category == "done":
                fields |= {"resolution": {"name": "Done"}, "resolutiondate": jira_time(at)}
                moves.append(_moved("resolution", None, None, "1", "Done"))
            elif before == "done":
                fields |= {"resolution": None, "resolutiondate": None}
                moves.append(_moved("resolution", "1", "Done", None, None))
        elif kind == "duedate":
            before, fields["duedate"] = fields["duedate"], _day(random)
            moves = [_moved("duedate", before, before, fields["duedate"], fields["duedate"])]
        elif kind == "assignee":
            before, fields["assignee"] = fields["assignee"], _maybe_person(random)
            moves = [_moved("assignee", *_named(before), *_named(fields["assignee"]))]
        elif kind == "labels":
            before, fields["labels"] = " ".join(fields["labels"]), random.sample(["easy", "safe", "decision"], 1)
            moves = [_moved("labels", None, before, None, " ".join(fields["labels"]))]
        else:
            moves = [_moved("Rank", None, None, None, "Ranked higher")]
        histories.append(jira_history(number * 100 + place, at, by, *moves))
    return category, histories


def _moved(field: str, *values: str | None) -> Json:
    return {
        "field": field,
        "fieldId": field,
        **dict(zip(("from", "fromString", "to", "toString"), values, strict=True)),
    }


def _maybe_person(random: Random) -> Json | None:
    return jira_person(random.choice(PEOPLE)) if random.random() < 0.8 else None


def _named(person: Json | None) -> tuple[str | None, str | None]:
    return (person["name"], person["displayName"]) if person else (None, None)


def _day(random: Random) -> str | None:
    return (FIRST + timedelta(days=random.randrange(80))).isoformat() if random.random() < 0.7 else None


def _links(random: Random, number: int, among: int) -> list[Json]:
    far = [one for one in random.sample(range(1, among + 4), random.randrange(3)) if one != number]
    kinds = ("Blocks", "Depends", "Relates")
    return [
        jira_link(number * 10 + place, random.choice(kinds), inward=one, project=_project(one))
        for place, one in enumerate(far)
    ]


def _comments(random: Random, number: int, moments: Sequence[datetime]) -> list[Json]:
    return [
        jira_comment(number * 100 + place, at + timedelta(hours=5), random.choice([None, jira_person("bo")]))
        for place, at in enumerate(moments)
        if random.random() < 0.5
    ]


def _task(random: Random, number: int, among: int) -> Json:
    created, *moments = _moments(random, 1 + random.randrange(6))
    by, sections = asana_person(11, "Ana"), {"To do": "901", "Doing": "902"}
    section, completed, stories = "To do", None, []
    for place, at in enumerate(moments):
        told, gid = at.isoformat(), number * 1000 + place
        if random.random() < 0.3 and completed is None:
            completed = told
            stories.append(asana_story(gid, "marked_complete", told, by))
        elif random.random() < 0.6:
            was, section = section, random.choice(list(sections))
            if was != section:
                old, new = ({"gid": sections[name], "name": name} for name in (was, section))
                stories.append(asana_story(gid, "section_changed", told, by, old_section=old, new_section=new))
        else:
            stories.append(asana_story(gid, "comment_added", told, by, text=f"Like APP-{random.randrange(1, among)}"))
    home = {"gid": "900", "resource_type": "project", "name": "PAY"}
    return asana_task(
        number, created_at=created.isoformat(), modified_at=max([created, *moments]).isoformat(), stories=stories,
        completed=completed is not None, completed_at=completed, due_on=_day(random), projects=[home],
        memberships=[{"project": home, "section": {"gid": sections[section], "name": section}}],
        dependencies=[{"gid": str(random.randrange(1, 13))}] if random.random() < 0.4 else [],
    )  # fmt: skip
