"""What a raw export tells of its issues at any instant: each field as it stood, by undoing its later changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

Json = dict[str, Any]
_NO_TOUCH = {"Rank", "RemoteIssueLink", "Watchers"}
_KINDS = {"new": "todo", "indeterminate": "in_progress", "done": "done"}
_BLOCKERS = {"Blocks": "outward", "Depends": "inward", "Dependency": "inward"}
"""By link type: the side of the link that blocks."""


@dataclass(frozen=True)
class Change:
    """One item of a history."""

    at: datetime
    number: int
    by_person: bool
    field: str
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None


@dataclass(frozen=True)
class Stand:
    """How an issue stood at an instant; `kind` is its status category."""

    kind: str
    ending: str | None
    labels: frozenset[str]
    parent: str | None
    own_due: date | None
    versions: frozenset[str]
    type: str
    project_key: str
    project: frozenset[str]
    """The key of its project, and the name."""


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _is_person(author: Json | None) -> bool:
    return author is not None and author.get("accountType") != "app"


def _changes(raw: Json) -> Iterator[Change]:
    for history in raw.get("changelog", {}).get("histories", ()):
        at, by_person = instant(history["created"]), _is_person(history["author"])
        for one in history["items"]:
            yield Change(
                at,
                int(history["id"]),
                by_person,
                one["field"],
                one["from"],
                one["fromString"],
                one["to"],
                one["toString"],
            )


class Issue:
    """One issue of the export. `kinds` tells what each status means, by id."""

    def __init__(self, raw: Json, kinds: dict[str, str]) -> None:
        fields = raw["fields"]
        self.raw, self.fields, self.kinds = raw, fields, kinds
        self.id, self.key = raw["id"], raw["key"]
        self.ref = f"jira:archive:{self.id}"
        self.type = fields["issuetype"]["name"]
        self.is_subtask = fields["issuetype"]["subtask"]
        self.is_epic = self.type == "Epic"
        self.created = instant(fields["created"])
        self.components = {one["name"] for one in fields["components"]}
        self.is_untold = "changelog" not in raw
        self.changes = sorted(_changes(raw), key=lambda change: (change.at, change.number))

    def of(self, *names: str) -> list[Change]:
        return [change for change in self.changes if change.field in names]

    @cached_property
    def instants(self) -> list[datetime]:
        """Return when it may have become another one."""
        ended = [self._ended] if self.is_untold and self._ended else []
        return sorted({self.created, *(change.at for change in self.changes), *ended})

    def stand(self, at: datetime) -> Stand:
        """Return how it stood, what happened at that very instant included."""
        ending = self._single("resolution", at, (self.fields["resolution"] or {}).get("name"), text=True)
        labels = self._single("labels", at, " ".join(self.fields["labels"]), text=True)
        due = self._single("duedate", at, self.fields["duedate"])
        parent = self._single("IssueParentAssociation", at, (self.fields.get("parent") or {}).get("id"))
        if self.is_subtask and any(change.at > at for change in self.of("Parent")):
            parent = self._single("Parent", at, None)
        return Stand(self.kind(at), ending, frozenset((labels or "").split()), parent,
                     date.fromisoformat(due) if due else None, self._versions(at),
                     self._single("issuetype", at, self.type, text=True) or "", *self._project(at))  # fmt: skip

    def _project(self, at: datetime) -> tuple[str, frozenset[str]]:
        key = (self._single("Key", at, self.key, text=True) or "").rpartition("-")[0]
        name = self._single("project", at, self.fields["project"]["name"], text=True)
        return key, frozenset({key, name or ""})

    def kind(self, at: datetime) -> str:
        if self.is_untold:
            return self._kind_by_dates(at)
        status = self._single("status", at, self.fields["status"]["id"])
        assert status
        return self.kinds[status]

    @cached_property
    def _ended(self) -> datetime | None:
        """Return when an issue without a changelog was done: by its resolution, else by its last update."""
        is_done = self.kinds[self.fields["status"]["id"]] == "done"
        told = self.fields["resolutiondate"] or (self.fields["updated"] if is_done else None)
        return instant(told) if told else None

    def _kind_by_dates(self, at: datetime) -> str:
        if self._ended and self._ended <= at:
            return "done"
        return "in_progress" if self.kinds[self.fields["status"]["id"]] == "in_progress" else "todo"

    def _single(self, name: str, at: datetime, now: str | None, *, text: bool = False) -> str | None:
        later = [change for change in self.of(name) if change.at > at]
        if not later:
            return now
        return later[0].old_text if text else later[0].old

    def _versions(self, at: datetime) -> frozenset[str]:
        found = {one["id"] for one in self.fields["fixVersions"]}
        for change in reversed(self.of("Fix Version")):
            if change.at > at:
                found = (found - {change.new}) | ({change.old} if change.old else set())
        return frozenset(found)

    def release(self, at: datetime) -> date | None:
        """Return the earliest day of its releases; of one that it is no longer planned for it names no day."""
        days = {one["id"]: one["releaseDate"] for one in self.fields["fixVersions"] if one["releaseDate"]}
        planned = self._versions(at)
        return min((date.fromisoformat(day) for id_, day in days.items() if id_ in planned), default=None)

    def moves(self, until: datetime) -> list[tuple[datetime, str, str]]:
        """Return when it went from one kind to another, oldest first."""
        told = [(one.at, self.kinds[one.old or ""], self.kinds[one.new or ""]) for one in self.of("status")]
        return [move for move in told if move[0] <= until and move[1] != move[2]]

    def owner(self, at: datetime) -> str | None:
        return self._single("assignee", at, (self.fields["assignee"] or {}).get("displayName"), text=True)

    def became(self, kind: str, until: datetime) -> datetime | None:
        """Return when it last came to be of this kind, as far as told."""
        if self.is_untold:
            return self._ended if kind == "done" and self._ended and self._ended <= until else None
        begun = [self.created] if self._first_kind == kind else []
        return max([*begun, *(at for at, _, after in self.moves(until) if after == kind)], default=None)

    def opened(self, until: datetime) -> datetime:
        """Return since when an open issue is open."""
        return max([self.created, *(at for at, was, _ in self.moves(until) if was == "done")])

    def begun(self, until: datetime) -> datetime | None:
        """Return when its last spell of work began, unless it was sent back to be done later since."""
        if self.is_untold:
            return None
        begun = self.created if self._first_kind == "in_progress" else None
        for at, _, after in self.moves(until):
            begun = {"todo": None, "in_progress": at, "done": begun}[after]
        return begun

    @property
    def _first_kind(self) -> str:
        moved = self.of("status")
        return self.kinds[(moved[0].old or "") if moved else self.fields["status"]["id"]]

    def own_touch(self, until: datetime) -> datetime:
        """Return its last touch, those of its sub-tasks aside."""
        comments = [instant(one["created"]) for one in self.fields["comment"]["comments"] if _is_person(one["author"])]
        changes = [one.at for one in self.changes if one.by_person and _is_touch(one)]
        resolved = self._resolved(until)
        return max(at for at in [self.created, *comments, *changes, *resolved] if at <= until)

    def _resolved(self, until: datetime) -> list[datetime]:
        """Return when the resolution was made that stands; one that was taken back touched nothing."""
        if self.is_untold:
            return [self._ended] if self.fields["resolutiondate"] and self._ended else []
        made = [one for one in self.of("resolution") if one.at <= until][-1:]
        return [one.at for one in made if one.new]

    def links(self, at: datetime) -> Iterator[tuple[str, str, datetime | None]]:
        """Give the dependencies that it tells at an instant: far key, whether it blocks or waits, and link made.

        A link that was taken away since was never there: the changelog names its type in localised prose only.
        """
        for link in self.fields["issuelinks"]:
            side = "outward" if "outwardIssue" in link else "inward"
            far = link[f"{side}Issue"]["key"]
            made = [one.at for one in self.of("Link") if one.new == far]
            role = _role(link["type"]["name"], side)
            if role and not (made and max(made) > at):
                yield far, role, max(made, default=None)


def _role(kind: str, side: str) -> str | None:
    """Tell whether an issue blocks or waits, which has its far end on this side of the link."""
    if kind not in _BLOCKERS:
        return None
    return "blocks" if _BLOCKERS[kind] == side else "waits"


def _is_touch(change: Change) -> bool:
    if change.field == "Sprint":
        old, new = ({part.strip() for part in (side or "").split(",")} - {""} for side in (change.old, change.new))
        return not (old and old < new)
    return change.field not in _NO_TOUCH


def issues_of(raws: Iterable[Json]) -> dict[str, Issue]:
    """Return the issues of an export, by id."""
    kept = list(raws)
    statuses = (raw["fields"]["status"] for raw in kept)
    kinds = {status["id"]: _KINDS[status["statusCategory"]["key"]] for status in statuses}
    return {raw["id"]: Issue(raw, kinds) for raw in kept}
