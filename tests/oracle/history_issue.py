"""An issue in the making, and how Jira's REST API would give it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from tests.builders import JIRA_CATEGORIES, jira_history, jira_time
from tests.oracle.history_company import PROJECTS, STATUSES, TYPES, VERSIONS

Json = dict[str, Any]


@dataclass
class Made:
    """An issue in the making: how it stands by now, and what was written down of how it came to."""

    number: int
    project: str
    type_name: str
    created: datetime
    status: str
    parent: int | None = None
    labels: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    due: str | None = None
    assignee: Json | None = None
    resolution: str | None = None
    resolved: datetime | None = None
    versions: list[str] = field(default_factory=list)
    sprints: str = ""
    links: list[Json] = field(default_factory=list)
    comments: list[Json] = field(default_factory=list)
    histories: list[Json] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.project}-{self.number}"

    def write(self, at: datetime, by: Json | None, *items: Json) -> None:
        """Put a history into the changelog."""
        self.histories.append(jira_history(self.number * 1000 + len(self.histories), at, by, *items))

    def raw(self) -> Json:
        """Return the issue as Jira's REST API gives it."""
        name, category = STATUSES[self.status]
        fields: Json = {
            "summary": f"Item {self.number}",
            "issuetype": {"id": str(TYPES.index(self.type_name)), "name": self.type_name,
                          "subtask": self.type_name == "Sub-task"},
            "project": {"id": self.project.lower(), "key": self.project, "name": PROJECTS[self.project]},
            "status": {"id": self.status, "name": name, "statusCategory": JIRA_CATEGORIES[category]},
            "created": jira_time(self.created), "updated": jira_time(self._updated()),
            "labels": self.labels, "components": [{"id": name, "name": name} for name in self.components],
            "issuelinks": self.links, "duedate": self.due, "assignee": self.assignee,
            "resolution": {"id": self.resolution, "name": self.resolution} if self.resolution else None,
            "resolutiondate": jira_time(self.resolved) if self.resolved else None,
            "fixVersions": [{"id": one, "name": one, "releaseDate": VERSIONS[one]} for one in self.versions],
            "comment": {"comments": self.comments, "total": len(self.comments)},
        }  # fmt: skip
        histories = sorted(self.histories, key=lambda one: (one["created"], int(one["id"])))
        log = {"startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories}
        return {"id": str(self.number), "key": self.key, "fields": fields, "changelog": log}

    @property
    def happened(self) -> list[datetime]:
        return [datetime.fromisoformat(one["created"]) for one in (*self.histories, *self.comments)]

    def _updated(self) -> datetime:
        return max([self.created, *self.happened])


def item_of(name: str, *values: str | None, field_id: str | None = None) -> Json:
    told = dict(zip(("from", "fromString", "to", "toString"), values, strict=True))
    return {"field": name, "fieldtype": "jira", **({"fieldId": field_id} if field_id else {}), **told}


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
