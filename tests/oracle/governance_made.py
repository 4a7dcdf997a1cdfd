"""Invented companies, small and seeded: Jira issues with and without changelogs, Asana tasks with stories, twins.

Five teams in five zones and one that the strategy does not know; links told from one side, from both, twice and to
nowhere; statuses that go forward and back; everything that the rules on governance ask for, often on its boundary.
"""

from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from tests.builders import (
    JIRA_CATEGORIES,
    JIRA_LINK_TYPES,
    asana_person,
    asana_story,
    asana_task,
    jira_comment,
    jira_history,
    jira_issue,
    jira_person,
    jira_time,
)
from tests.oracle.governance_raw import EPIC_FIELD, START_FIELD, Json

PROJECTS = ("APP", "PAY", "OPS", "GULF", "WEST", "ZED")
PEOPLE = ("ana", "bo", "cleo")
BOT: Json = {"accountId": "b0", "accountType": "app", "displayName": "Robot"}
STATUS = {"new": "Open", "indeterminate": "In Progress", "done": "Closed"}
FIRST, LAST = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)
TYPES = ("Initiative", "Story", "Story", "Bug", "Task", "decision", "Spike", "ESCALATION", "Research")
LABELS = ("easy", "safe", "calm", "swift", "fair", "Decision", "escalation", "Customer-Escalation", "DISCOVERY", "odd")
ENDINGS = ("Done", "Done", "Fixed", "Won't Do", "Duplicate", "won't do", None)
REVERSED = {"id": "10031", "name": "Dependency", "inward": "depends on", "outward": "is depended on by"}
LINKS: dict[str, Json] = {**JIRA_LINK_TYPES, "Dependency": REVERSED}


class Company:
    """One company; the same seed gives the same."""

    def __init__(self, seed: int, at: time, issues: int = 48, tasks: int = 12) -> None:
        self._random = Random(seed)  # noqa: S311 -- the same seed, the same company
        self._issues, self._tasks, self._at = issues, tasks, at
        made = [self._issue(number) for number in range(1, issues + 1)]
        self._link(made)
        made += [self._task(number) for number in range(1, tasks + 1)]
        self._random.shuffle(made)
        self.raws = made

    def key(self, number: int) -> str:
        return f"{PROJECTS[number % len(PROJECTS)]}-{number}"

    def _moments(self, count: int) -> list[datetime]:
        return moments(self._random, count, self._at)

    def _day(self, chance: float = 0.6) -> str | None:
        day = (FIRST + timedelta(days=20 + self._random.randrange(90))).date()
        return day.isoformat() if self._random.random() < chance else None

    def _person(self) -> Json | None:
        return jira_person(self._random.choice(PEOPLE)) if self._random.random() < 0.75 else None

    def _labels(self) -> list[str]:
        return self._random.sample([*LABELS, "objective:fair", "objective:none"], self._random.randrange(3))

    def _issue(self, number: int) -> Json:
        random = self._random
        created, *moments = self._moments(1 + random.randrange(8))
        is_epic, is_subtask = number <= 4, number > 10 and number % 8 == 0
        fields: Json = {
            "assignee": self._person(), "labels": self._labels(), "duedate": self._day(), "resolutiondate": None,
            "resolution": None, "issuelinks": [],
            "components": [{"name": "web"}] if random.random() < 0.3 else [], START_FIELD: self._day(0.3),
        }  # fmt: skip
        if number <= self._tasks // 2:
            fields["description"] = f"See https://app.asana.com/0/900/{number}"
        if random.random() < 0.2:
            dates = [self._day(0.7) for _ in range(random.randrange(1, 3))]
            fields["fixVersions"] = [
                {"id": str(place), "name": f"v{place}", **({"releaseDate": one} if one else {})}
                for place, one in enumerate(dates)
            ]
        if is_subtask or (number > 1 and random.random() < 0.15):
            above = random.randrange(1, number)
            fields["parent"] = {"id": str(above), "key": self.key(above)}
        elif not is_epic and random.random() < 0.5:
            above = random.randrange(1, 5)
            if random.random() < 0.5:
                fields[EPIC_FIELD] = self.key(above)
            else:
                of_epic = {"issuetype": {"name": "Epic", "subtask": False}}
                fields["parent"] = {"id": str(above), "key": self.key(above), "fields": of_epic}
        has_log = random.random() < 0.7
        category, log = self._lived(number, moments, fields)
        if not has_log and category == "done" and random.random() < 0.3:
            fields["resolutiondate"] = None
        fields["updated"] = jira_time(max([created, *moments]))
        fields["comment"] = {"comments": [
            jira_comment(number * 100 + place, at + timedelta(hours=3), random.choice([None, BOT, jira_person("bo")]))
            for place, at in enumerate(moments) if random.random() < 0.4
        ]}  # fmt: skip
        issue = jira_issue(
            number, project=PROJECTS[number % len(PROJECTS)], category=category, created=created, subtask=is_subtask,
            type_name="Epic" if is_epic else random.choice(TYPES), histories=log if has_log else None, **fields,
        )  # fmt: skip
        return issue | {"names": {START_FIELD: "Start date", EPIC_FIELD: "Epic Link"}}

    def _lived(self, number: int, moments: list[datetime], fields: Json) -> tuple[str, list[Json]]:
        """Let things happen to an issue; return the category that it ends in, and its histories."""
        random, category, log = self._random, "new", []
        for place, at in enumerate(moments):
            kind = random.choice(["status", "status", "status", "duedate", "assignee", "labels", "Rank"])
            by = random.choice([jira_person(random.choice(PEOPLE)), BOT, None])
            if kind == "status":
                before, category = category, random.choice([one for one in JIRA_CATEGORIES if one != category])
                moves = [_moved("status", before, STATUS[before], category, STATUS[category])]
                was = (fields["resolution"] or {}).get("name")
                name = random.choice(ENDINGS) if category == "done" else None
                fields["resolution"] = {"name": name} if name else None
                fields["resolutiondate"] = jira_time(at) if name else None
                if was != name:
                    moves.append(_moved("resolution", was and "1", was, name and "1", name))
            elif kind == "duedate":
                before, fields["duedate"] = fields["duedate"], self._day()
                moves = [_moved("duedate", before, before, fields["duedate"], fields["duedate"])]
            elif kind == "assignee":
                before, fields["assignee"] = fields["assignee"], self._person()
                moves = [_moved("assignee", *_named(before), *_named(fields["assignee"]))]
            elif kind == "labels":
                before, fields["labels"] = " ".join(fields["labels"]), self._labels()
                moves = [_moved("labels", None, before, None, " ".join(fields["labels"]))]
            else:
                moves = [_moved("Rank", None, None, None, "Ranked higher")]
            log.append(jira_history(number * 100 + place, at, by, *moves))
        return category, log

    def _link(self, made: list[Json]) -> None:
        """Link issues: from one side, from both, twice, in a ring, to themselves and to what nobody knows."""
        random = self._random
        for place in range(int(self._issues * 1.6)):
            left, right = random.randrange(1, self._issues + 1), random.randrange(1, self._issues + 3)
            if random.random() < 0.4:
                left = random.randrange(5, 12)
            name = random.choice(["Blocks", "Blocks", "Depends", "Dependency", "Relates"])
            sides = random.choice([("inwardIssue",), ("outwardIssue",), ("inwardIssue", "outwardIssue")])
            for side in sides:
                near, far = (left, right) if side == "inwardIssue" else (right, left)
                if near <= self._issues:
                    self._told(made[near - 1], place, name, side, far)

    def _told(self, issue: Json, place: int, name: str, side: str, far: int) -> None:
        end = {"id": str(far), "key": self.key(far)}
        issue["fields"]["issuelinks"].append({"id": str(place), "type": LINKS[name], side: end})
        if (log := issue.get("changelog")) and log["histories"] and self._random.random() < 0.5:
            at = self._moments(1)[0]
            entry = {"field": "Link", "from": None, "to": end["key"], "toString": "This issue is linked"}
            log["histories"].append(jira_history(90_000 + place * 100 + far, at, None, entry))
            log["total"] = log["maxResults"] = len(log["histories"])

    def _task(self, number: int) -> Json:
        random = self._random
        created, *moments = self._moments(1 + random.randrange(6))
        sections = {"To do": "901", "Doing": "902", "In Review": "903"}
        section, done, due, start, owner = "To do", None, self._day(), self._day(0.3), None
        owned = random.random() < 0.5
        if not owned:
            owner = asana_person(12, "Bo") if random.random() < 0.8 else None
        stories = []
        for place, at in enumerate(moments):
            gid, told, by = number * 1000 + place, at.isoformat(), random.choice([asana_person(11, "Ana"), None])
            kind = random.choice(["section", "done", "due", "owner", "comment"])
            if kind == "section":
                left, section = section, random.choice([one for one in sections if one != section])
                both = {"old_section": {"gid": sections[left], "name": left},
                        "new_section": {"gid": sections[section], "name": section}}  # fmt: skip
                stories.append(asana_story(gid, "section_changed", told, by, **both))
            elif kind == "done":
                stories.append(asana_story(gid, "marked_incomplete" if done else "marked_complete", told, by))
                done = None if done else told
            elif kind == "due":
                old = {"due_on": due, "start_on": start}
                due, start = self._day(), self._day(0.3)
                dates = {"old_dates": old, "new_dates": {"due_on": due, "start_on": start}}
                stories.append(asana_story(gid, "due_date_changed", told, by, **dates))
            elif kind == "owner" and owned:
                subtype = "unassigned" if owner else "assigned"
                owner = owner or asana_person(*random.choice([(11, "Ana"), (13, "Cleo")]))
                stories.append(asana_story(gid, subtype, told, by, assignee=owner))
                owner = owner if subtype == "assigned" else None
            else:
                stories.append(asana_story(gid, "comment_added", told, by, text="Nearly there"))
        name = random.choice(["Payments plan", "Safety"])
        home = {"gid": "900" if name == "Safety" else "910", "resource_type": "project", "name": name}
        tags = [{"gid": str(LABELS.index(one)), "name": one} for one in random.sample(LABELS, random.randrange(3))]
        twin = random.randrange(1, self._issues + 1) if random.random() < 0.4 else None
        ends = [str(one) for one in random.sample(range(1, self._tasks + 2), 3)]
        return asana_task(
            number, created_at=created.isoformat(), modified_at=max([created, *moments]).isoformat(), stories=stories,
            completed=done is not None, completed_at=done, due_on=due, start_on=start, assignee=owner,
            projects=[home], memberships=[{"project": home, "section": {"gid": sections[section], "name": section}}],
            tags=tags, notes=f"https://brightmoor.example/browse/{self.key(twin)}" if twin else "",
            parent={"gid": "1"} if number == 5 else None,
            dependencies=[{"gid": one} for one in ends[: random.randrange(3)]],
            dependents=[{"gid": ends[2]}] if random.random() < 0.3 else [],
        )  # fmt: skip


def _moved(field: str, *values: str | None) -> Json:
    sides = zip(("from", "fromString", "to", "toString"), values, strict=True)
    return {"field": field, "fieldId": field, **dict(sides)}


def _named(person: Json | None) -> tuple[str | None, str | None]:
    return (person["name"], person["displayName"]) if person else (None, None)


def moments(random: Random, count: int, at: time) -> list[datetime]:
    """Return different instants in order; some are just as far from when all is judged as a rule allows."""
    days = (LAST - FIRST).days
    found: set[datetime] = set()
    while len(found) < count:
        one = datetime.combine(FIRST.date() + timedelta(days=random.randrange(days)), at, UTC)
        if random.random() < 0.75:
            one += timedelta(minutes=random.randrange(1440))
        elif random.random() < 0.3:
            one -= timedelta(minutes=60)
        found.add(one)
    return sorted(found)


def measured(seed: int, raw_plan: Json, judged_at: time) -> dict[str, list[tuple[datetime, float]]]:
    """Return measurements of most key results: some early, some seldom, some that go the wrong way."""
    random = Random(seed)  # noqa: S311 -- the same seed, the same measurements
    found: dict[str, list[tuple[datetime, float]]] = {}
    for objective in raw_plan["objectives"]:
        for one in objective.get("key_results", []):
            way: Any = (one.get("target") or 0) - (one.get("baseline") or 0)
            at = moments(random, random.randrange(9), judged_at)
            shares = (-20, 0, 1, 2, 4, 5, 6, 30, 60, 90, 120)
            steps = [(one.get("baseline") or 0) + way * random.choice(shares) / 100 for _ in at]
            found[f"{objective['id']}/{one['id']}"] = list(zip(at, steps, strict=True))
    return found
