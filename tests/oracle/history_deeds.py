"""What people and bots do to an issue of the invented company, and what Jira writes down of it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any, Final

from tests.builders import jira_comment
from tests.oracle.history_company import PEOPLE, PROJECTS, STATUSES, TYPES, VERSIONS
from tests.oracle.history_issue import Made, item_of

Json = dict[str, Any]
NEXT: Final = {"new": ("3", "3", "3", "4", "5", "2"), "indeterminate": ("5", "5", "6", "4", "3", "1", "2"),
               "done": ("1", "1", "2", "3", "4", "6", "5")}  # fmt: skip
ENDINGS: Final = ("Done", "Done", "Fixed", "Won't Do", "Duplicate", None)
LABELS: Final = (
    *("alpha", "alpha", "alpha", "beta", "beta", "gamma", "delta", "ktlo", "later", "later", "objective:beta"),
    "objective:nowhere",
)
_SHIFTED: Final = timezone(timedelta(hours=5, minutes=30))


def labels_of(random: Random) -> list[str]:
    return sorted(set(random.choices(LABELS, k=random.choice((0, 0, 1, 1, 1, 2)))))


def person_of(random: Random) -> Json | None:
    return PEOPLE[random.choice(("ana", "bo", "cleo"))] if random.random() < 0.8 else None


def due_after(random: Random, after: datetime) -> str | None:
    if random.random() < 0.45:
        return None
    return (after.date() + timedelta(days=random.randrange(5, 90))).isoformat()


def _move(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    before, after = one.status, random.choice(NEXT[STATUSES[one.status][1]])
    if before == after:
        return
    one.status = after
    items = [item_of("status", before, STATUSES[before][0], after, STATUSES[after][0], field_id="status")]
    ends, ended = (STATUSES[status][1] == "done" for status in (after, before))
    if ends is not ended and (ends or random.random() < 0.9):
        items += _resolved(one, at, random.choice(ENDINGS) if ends else None)
    one.write(at, by, *items)


def _resolved(one: Made, at: datetime, ending: str | None) -> list[Json]:
    before, one.resolution = one.resolution, ending
    if before == ending:
        return []
    one.resolved = at if ending else None
    return [item_of("resolution", before, before, ending, ending, field_id="resolution")]


def _replan(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    before = one.due
    if before and random.random() < 0.75:
        one.due = (datetime.fromisoformat(before) + timedelta(days=random.randrange(-6, 24))).date().isoformat()
    else:
        one.due = due_after(random, at)
    if before != one.due:
        one.write(at, by, item_of("duedate", before, before, one.due, one.due, field_id="duedate"))


def _assign(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    before, one.assignee = one.assignee, person_of(random)
    if before != one.assignee:
        sides = [(each["accountId"], each["displayName"]) if each else (None, None) for each in (before, one.assignee)]
        one.write(at, by, item_of("assignee", *sides[0], *sides[1], field_id="assignee"))


def _label(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    before, one.labels = one.labels, labels_of(random)
    if before != one.labels:
        told = item_of("labels", None, " ".join(before), None, " ".join(one.labels), field_id="labels")
        one.write(at, by, told)


def _lift(random: Random, one: Made, at: datetime, by: Json | None, epics: Sequence[Made]) -> None:
    """Put it under another epic, or under none."""
    known = {epic.number: epic for epic in epics}
    if one.type_name in {"Epic", "Sub-task"}:
        return
    before = one.parent
    one.parent = random.choice([None, *(epic.number for epic in epics if epic.created <= at)])
    if before == one.parent:
        return
    sides: list[str | None] = []
    for number in (before, one.parent):
        sides += [None, None] if number is None else [str(number), known[number].key]
    linked = [item_of("Epic Link", *sides, field_id="customfield_10014")] if random.random() < 0.5 else []
    one.write(at, by, *linked, item_of("IssueParentAssociation", *sides))
    for number, told in ((before, (str(one.number), one.key, None, None)),
                         (one.parent, (None, None, str(one.number), one.key))):  # fmt: skip
        if number is not None:
            known[number].write(at, by, item_of("Epic Child", *told))


def _release(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    version = random.choice(list(VERSIONS))
    if version in one.versions:
        one.versions.remove(version)
        one.write(at, by, item_of("Fix Version", version, version, None, None, field_id="fixVersions"))
    else:
        one.versions.append(version)
        one.write(at, by, item_of("Fix Version", None, None, version, version, field_id="fixVersions"))


def _settle(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    """Say of a done issue how it ended, or that it ended in another way."""
    if STATUSES[one.status][1] == "done":
        items = _resolved(one, at, random.choice(ENDINGS))
        if items:
            one.write(at, by, *items)


def _rename(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    """Make it another type of issue, or one of another project."""
    if one.type_name in {"Epic", "Sub-task"}:
        return
    before, after = one.type_name, random.choice(("Story", "Bug", "Task"))
    if random.random() < 0.5 and before != after:
        one.type_name = after
        ids = [str(TYPES.index(name)) for name in (before, after)]
        one.write(at, by, item_of("issuetype", ids[0], before, ids[1], after, field_id="issuetype"))
        return
    before, after, key = one.project, random.choice(("APP", "PAY", "OPS")), one.key
    if before != after:
        one.project = after
        told = (before.lower(), PROJECTS[before], after.lower(), PROJECTS[after])
        one.write(at, by, item_of("project", *told, field_id="project"), item_of("Key", None, key, None, one.key))


def _comment(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    told = jira_comment(one.number * 1000 + len(one.comments), at.astimezone(_SHIFTED), by)
    if random.random() < 0.2:
        told["updated"] = (at + timedelta(days=9)).isoformat()
    one.comments.append(told)


def _noise(random: Random, one: Made, at: datetime, by: Json | None, _: Sequence[Made]) -> None:
    """Do what is no touch, or what is one and means nothing else."""
    before, one.sprints = one.sprints, f"{one.sprints}, {at.day}" if one.sprints else str(at.day)
    one.write(at, by, *random.choice((
        [item_of("Rank", "", "", "", "Ranked higher", field_id="customfield_10019")],
        [item_of("RemoteIssueLink", None, None, "7", "a page")],
        [item_of("Sprint", before, before, one.sprints, one.sprints, field_id="customfield_10020")],
        [item_of("timeoriginalestimate", None, None, "7200", "7200", field_id="timeoriginalestimate")],
        [item_of("summary", None, "Thing", None, f"Item {one.number}", field_id="summary")],
    )))  # fmt: skip


_Deed = Callable[[Random, Made, datetime, Json | None, Sequence[Made]], None]
_DEEDS: Final[dict[_Deed, int]] = {
    _move: 50, _replan: 12, _assign: 6, _label: 8, _lift: 6, _release: 5, _comment: 8, _noise: 8,
    _settle: 5, _rename: 4,
}  # fmt: skip


def do_something(random: Random, one: Made, at: datetime, by: Json | None, epics: Sequence[Made]) -> None:
    """Let one thing happen to the issue."""
    random.choices(list(_DEEDS), list(_DEEDS.values()))[0](random, one, at, by, epics)
