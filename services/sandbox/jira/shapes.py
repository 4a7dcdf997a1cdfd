"""How an issue is shown: whole or in part, as version 3 or 2 of Cloud's API or as Data Center's, with live far ends."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from services.runtime.connections import JiraKind
from services.sandbox.jira.catalogue import EPIC_LINK, HERE, SPRINT, Catalogue
from services.sandbox.jira.records import Json, Link, Stored, instant
from services.sandbox.jira.rich_text import plain
from services.sandbox.jira.store import Store

EXPANDS: Final = "operations,editmeta,changelog,transitions"
EPIC_LINK_DATACENTER: Final = "customfield_10101"
PEOPLE: Final = ("assignee", "reporter", "creator")
NOT_NAVIGABLE: Final = frozenset({"comment", "attachment", "worklog", "timetracking"})
EMPTY: Final[Json] = {
    "attachment": [],
    "worklog": {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []},
    "votes": {"votes": 0, "hasVoted": False},
    "watches": {"watchCount": 0, "isWatching": False},
    "timetracking": {},
}
"""Fields that are there and always empty."""
_HERE: Final = HERE.encode()
_EMPTY_JSON: Final = orjson.dumps(EMPTY)[1:-1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which fields were asked for: `names` beyond those of `every`, less `without`."""

    every: bool = False
    navigable: bool = False
    names: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def wants(self, name: str) -> bool:
        """Tell whether a field was asked for."""
        if name in self.without:
            return False
        return self.every or name in self.names or (self.navigable and name not in NOT_NAVIGABLE)

    @property
    def is_whole(self) -> bool:
        """Tell whether all fields are wanted."""
        return self.every and not self.without

    @property
    def is_nothing(self) -> bool:
        """Tell whether no field is wanted, only id and key."""
        return not (self.every or self.navigable or self.names - {"id", "key", "issuekey"})


ALL: Final = Wanted(every=True)


def wanted_of(names: Iterable[str], default: str) -> Wanted:
    """Read a list of fields such as `*all`, `*navigable`, `summary`, `-comment`; only exclusions mean all the rest."""
    asked = [part.strip() for name in names for part in name.split(",") if part.strip()]
    without = frozenset(name[1:] for name in asked if name.startswith("-"))
    plus = [name for name in asked if not name.startswith("-")] or ["*all" if without and default == "id" else default]
    return Wanted("*all" in plus, "*navigable" in plus, frozenset(plus) - {"*all", "*navigable"}, without)


@dataclass
class Options:
    """`omits_nulls`: what is null in a change is left out, as the published description has it and no site does."""

    omits_nulls: bool = False


@dataclass(frozen=True)
class Shapes:
    """Shows the issues of a site. `base` gives its address, which may not be known before it is served."""

    store: Store
    known: Catalogue
    kind: JiraKind
    base: Callable[[], str]
    options: Options = field(default_factory=Options)

    def issue(
        self,
        issue: Stored,
        version: int,
        wanted: Wanted = ALL,
        *,
        histories: int | None = 0,
        comments: int | None = None,
    ) -> bytes:
        """Return the issue as JSON, with so many of its histories (none: all; 0: no changelog) and comments."""
        url = f"{self.base()}/rest/api/{version}/issue/{issue.id}"
        head = f'{{"expand":"{EXPANDS}","id":"{issue.id}","self":"{url}","key":"{issue.key}"'
        parts = [head.encode()]
        if not wanted.is_nothing:
            parts += (b',"fields":', self.fields(issue, version, wanted, comments))
        if histories != 0:
            parts += (b',"changelog":', self._changelog(issue, version, histories))
        parts.append(b"}")
        return self.at_home(b"".join(parts), version)

    def at_home(self, shown: bytes, version: int) -> bytes:
        """Put the site's own address where `HERE` stands for it."""
        return shown.replace(_HERE, f"{self.base()}/rest/api/{version}/".encode())

    def fields(self, issue: Stored, version: int, wanted: Wanted = ALL, comments: int | None = None) -> bytes:
        """Return the fields as JSON."""
        if version == 3 and wanted.is_whole:  # noqa: PLR2004 -- the API's version
            return self._whole(issue, comments)
        stored = self.translated(issue.read_fields(), version, issue.parent)
        shown = {name: value for name, value in stored.items() if wanted.wants(name)}
        if wanted.wants("updated"):
            shown["updated"] = instant(issue.updated)
        for name, make in self._apart(issue, version, comments).items():
            if wanted.wants(name) and (made := make()) is not None:
                shown[name] = orjson.Fragment(made)
        shown |= {name: value for name, value in EMPTY.items() if wanted.wants(name)}
        return orjson.dumps(shown)

    def _whole(self, issue: Stored, comments: int | None) -> bytes:
        parts = [issue.fields[:-1], f',"updated":"{instant(issue.updated)}"'.encode()]
        for name, make in self._apart(issue, 3, comments).items():
            if (made := make()) is not None:
                parts += (f',"{name}":'.encode(), made)
        parts += (b",", _EMPTY_JSON, b"}")
        return b"".join(parts)

    def _apart(self, issue: Stored, version: int, comments: int | None) -> dict[str, Callable[[], bytes | None]]:
        return {
            "parent": lambda: self._parent(issue, version),
            "issuelinks": lambda: self._links(issue, version),
            "subtasks": lambda: self._subtasks(issue, version),
            "comment": lambda: self.comment_field(issue, version, comments),
        }

    def far_end(self, id_: str, version: int) -> bytes | None:
        """Return how another issue shows in this one; none where it may not be seen."""
        issue = self.store.issues.get(id_)
        if issue is None:
            return orjson.dumps(self.store.far[id_]) if id_ in self.store.far else None
        if issue.project in self.known.hidden:
            return None
        fields = issue.read_fields()
        shown = {name: fields[name] for name in ("summary", "status", "priority", "issuetype") if fields.get(name)}
        url = f"{self.base()}/rest/api/{version}/issue/{id_}"
        return orjson.dumps({"id": id_, "key": issue.key, "self": url, "fields": shown})

    def _parent(self, issue: Stored, version: int) -> bytes | None:
        if issue.parent is None:
            return None
        if self.kind is JiraKind.DATACENTER and not orjson.loads(issue.fields)["issuetype"].get("subtask"):
            return None
        return self.far_end(issue.parent, version)

    def _links(self, issue: Stored, version: int) -> bytes:
        return b"[" + b",".join(filter(None, (self._link(issue.id, each, version) for each in issue.links))) + b"]"

    def _link(self, seen_from: str, id_: str, version: int) -> bytes | None:
        link = self.store.links.get(id_)
        far = self.far_end(link.other(seen_from), version) if link else None
        if link is None or far is None:
            return None
        side = "outwardIssue" if link.source == seen_from else "inwardIssue"
        url = f"{self.base()}/rest/api/{version}/issueLink/{link.id}"
        shown = {"id": link.id, "self": url, "type": self.link_type(link, version), side: orjson.Fragment(far)}
        return orjson.dumps(shown)

    def link_type(self, link: Link, version: int) -> Json:
        """Return the type of a link, with its address."""
        return {
            **self.known.link_types[link.type],
            "self": f"{self.base()}/rest/api/{version}/issueLinkType/{link.type}",
        }

    def _subtasks(self, issue: Stored, version: int) -> bytes:
        found = []
        for id_ in self.store.children.get(issue.id, ()):
            child = self.store.issues[id_]
            if b'"subtask":true' in child.fields and (far := self.far_end(id_, version)):
                found.append(far)
        return b"[" + b",".join(found) + b"]"

    def comment_field(self, issue: Stored, version: int, most: int | None) -> bytes:
        """Return the embedded comments, oldest first; `total` tells how many there are."""
        shown = (
            [self.comment(issue.id, each, version) for each in issue.read_comments()[:most]] if issue.comments else []
        )
        count = len(shown)
        return orjson.dumps(
            {
                "comments": shown, "self": f"{self.base()}/rest/api/{version}/issue/{issue.id}/comment",
                "maxResults": count, "total": issue.comment_count, "startAt": 0,
            }
        )  # fmt: skip

    def comment(self, issue: str, comment: Json, version: int) -> Json:
        """Return a comment as it is shown."""
        url = f"{self.base()}/rest/api/{version}/issue/{issue}/comment/{comment['id']}"
        shown = {"self": url, **comment}
        if version == 2:  # noqa: PLR2004 -- the API's version
            shown["body"] = plain(comment["body"])
        for role in ("author", "updateAuthor"):
            shown[role] = self.person(comment[role], version)
        return shown

    def person(self, person: Json | None, version: int) -> Json | None:
        """Return a person as this kind of Jira names them: by account id, or by name and key."""
        if person is None:
            return None
        if self.kind is JiraKind.CLOUD:
            shown = {name: value for name, value in person.items() if name not in {"name", "self"}}
            return {"self": f"{self.base()}/rest/api/{version}/user?accountId={person['accountId']}", **shown}
        name = user_name(person)
        return {
            "self": f"{self.base()}/rest/api/2/user?username={name}", "name": name, "key": person["accountId"],
            "displayName": person["displayName"], "active": person["active"], "timeZone": person["timeZone"],
        }  # fmt: skip

    def histories(self, histories: list[Json], version: int) -> list[Json]:
        """Return histories as they are shown."""
        if self.options.omits_nulls:
            histories = [{**each, "items": [_without_nulls(item) for item in each["items"]]} for each in histories]
        if self.kind is JiraKind.CLOUD:
            return histories
        return [{**each, "author": self.person(each.get("author"), version)} for each in histories]

    def _changelog(self, issue: Stored, version: int, most: int | None) -> bytes:
        is_as_kept = self.kind is JiraKind.CLOUD and not self.options.omits_nulls
        if is_as_kept and (most is None or issue.history_count <= most):
            shown, count = issue.histories, issue.history_count
        else:
            cut = self.histories(issue.read_histories()[:most], version)
            shown, count = orjson.dumps(cut), len(cut)
        head = f'{{"startAt":0,"maxResults":{count},"total":{issue.history_count},"histories":'
        return head.encode() + shown + b"}"

    def translated(self, fields: Json, version: int, parent: str | None) -> Json:
        """Put the fields as kept into the words of another version or kind."""
        if version == 3:  # noqa: PLR2004 -- the API's version
            return fields
        for name in ("description", "environment"):
            fields[name] = plain(fields[name])
        if self.kind is JiraKind.DATACENTER:
            for role in PEOPLE:
                fields[role] = self.person(fields[role], version)
            fields[SPRINT] = [greenhopper(each) for each in fields[SPRINT]] if fields.get(SPRINT) else None
            fields[EPIC_LINK_DATACENTER] = self._epic_key(fields, parent)
            fields.pop(EPIC_LINK, None)
        return fields

    def _epic_key(self, fields: Json, parent: str | None) -> str | None:
        if parent is None or fields["issuetype"].get("subtask"):
            return None
        issue = self.store.issues.get(parent)
        far = self.store.far.get(parent)
        return issue.key if issue else str(far["key"]) if far else None


def _without_nulls(item: Json) -> Json:
    return {name: value for name, value in item.items() if value is not None}


def user_name(person: Json) -> str:
    """Return the name that a person logs in with at a Data Center."""
    return str(person.get("name") or person["displayName"].casefold().replace(" ", "."))


def greenhopper(sprint: Any) -> str:
    """Return a sprint as Data Center writes it: the text of a Java object."""
    dates = (f"{name}={sprint.get(name) or '<null>'}" for name in ("startDate", "endDate", "completeDate"))
    parts = ",".join(
        (f"id={sprint['id']}", f"rapidViewId={sprint.get('boardId')}", f"state={str(sprint.get('state')).upper()}",
         f"name={sprint.get('name')}", *dates, f"sequence={sprint['id']}", f"goal={sprint.get('goal') or '<null>'}")
    )  # fmt: skip
    return f"com.atlassian.greenhopper.service.sprint.Sprint@{int(sprint['id']):x}[{parts}]"
