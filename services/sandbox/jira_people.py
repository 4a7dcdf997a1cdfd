"""What people do in Jira: everything that changes an issue, by one of the people that the site knows."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final

from services.sandbox.jira.catalogue import FLAGGED, POINTS
from services.sandbox.jira.records import Json, Stored
from services.sandbox.jira.site import JiraSite
from services.sandbox.picking import Pool
from services.sandbox.words import BUGS, COMMENTS, SETTLED

FEATURES: Final = tuple(title.lower() for titles in BUGS.values() for title in titles)
LABELS: Final = ("reliability", "calls", "customer", "quick", "later")
SIZES: Final = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0)
MOST_LINKS: Final = 8


class JiraPeople:
    """`acts` has each thing by its name, with how often it is done; it says whether there was something to do it to."""

    def __init__(self, site: JiraSite, random: Random) -> None:
        self._site = site
        self._random = random
        self._pool = Pool(lambda: site.issues, random)
        self._made = 0
        self.acts: dict[str, tuple[int, Callable[[], bool]]] = {
            "create": (8, self._create), "create-subtask": (3, self._create_subtask), "comment": (20, self._comment),
            "edit-comment": (3, self._edit_comment), "delete-comment": (2, self._delete_comment),
            "assign": (8, self._assign), "unassign": (2, self._unassign), "rename": (3, self._rename),
            "describe": (2, self._describe), "label": (4, self._label), "put-off": (8, self._put_off),
            "estimate": (3, self._estimate), "flag": (2, self._flag), "start": (12, self._start),
            "finish": (10, self._finish), "reopen": (2, self._reopen), "block": (5, self._block),
            "unblock": (4, self._unblock), "re-parent": (3, self._set_parent), "orphan": (1, self._orphan),
            "move": (1, self._move), "delete": (1, self._delete),
        }  # fmt: skip

    def is_somebody_there(self) -> bool:
        """Tell whether there is anybody, and a project to work in."""
        return len(self._site.known.users) > 1 and bool(self._site.known.projects)

    def _somebody(self) -> str:
        account = self._site.known.account["accountId"]
        return self._random.choice([user for user in self._site.known.users if user != account])

    def _pick(self, suits: Callable[[Stored, Json], bool] = lambda _issue, _fields: True) -> Stored | None:
        issues = self._site.issues
        found = self._pool.pick(lambda id_: suits(issues[id_], issues[id_].read_fields()))
        return issues[found] if found else None

    def _title(self) -> str:
        self._made += 1
        return self._random.choice(SETTLED).format(number=9000 + self._made, feature=self._random.choice(FEATURES))

    def _type(self, *, subtask: bool) -> str | None:
        kinds = [kind for kind in self._site.known.types.values() if bool(kind.get("subtask")) is subtask]
        return str(self._random.choice(kinds)["id"]) if kinds else None

    def _create(self) -> bool:
        fields: Json = {"summary": self._title(), "issuetype": {"id": self._type(subtask=False)}}
        if self._random.random() < 0.5:  # noqa: PLR2004 -- every other one has an owner at once
            fields["assignee"] = {"accountId": self._somebody()}
        if self._random.random() < 0.3:  # noqa: PLR2004
            fields["duedate"] = self._day()
        projects = [one["key"] for id_, one in self._site.known.projects.items() if id_ not in self._site.known.hidden]
        if not projects:
            return False
        self._site.create(self._random.choice(projects), fields, self._somebody())
        return True

    def _create_subtask(self) -> bool:
        parent, kind = self._pick(lambda _, fields: _is_plain(fields)), self._type(subtask=True)
        if parent is None or kind is None or parent.project in self._site.known.hidden:
            return False
        fields = {"summary": self._title(), "issuetype": {"id": kind}, "parent": {"id": parent.id}}
        self._site.create(self._site.known.projects[parent.project]["key"], fields, self._somebody())
        return True

    def _comment(self) -> bool:
        issue = self._pick()
        if issue is not None:
            self._site.comment(issue.id, self._random.choice(COMMENTS), self._somebody())
        return issue is not None

    def _commented(self) -> tuple[str, Json] | None:
        issue = self._pick(lambda issue, _: issue.comment_count > 0)
        return (issue.id, self._random.choice(issue.read_comments())) if issue else None

    def _edit_comment(self) -> bool:
        if (found := self._commented()) is None:
            return False
        text = f"{self._random.choice(COMMENTS)} (edited)"
        self._site.edit_comment(found[0], found[1]["id"], text, found[1]["author"]["accountId"])
        return True

    def _delete_comment(self) -> bool:
        if (found := self._commented()) is None:
            return False
        self._site.delete_comment(found[0], found[1]["id"])
        return True

    def _edit(self, name: str, value: Callable[[Json], Any], suits: Callable[[Json], bool] = lambda _: True) -> bool:
        issue = self._pick(lambda _, fields: suits(fields))
        if issue is not None:
            self._site.edit(issue.id, {name: value(issue.read_fields())}, self._somebody())
        return issue is not None

    def _assign(self) -> bool:
        return self._edit("assignee", lambda _: {"accountId": self._somebody()}, _is_open)

    def _unassign(self) -> bool:
        return self._edit("assignee", lambda _: None, lambda fields: _is_open(fields) and bool(fields["assignee"]))

    def _rename(self) -> bool:
        return self._edit("summary", lambda _: self._title())

    def _describe(self) -> bool:
        return self._edit("description", lambda _: self._random.choice(COMMENTS))

    def _label(self) -> bool:
        return self._edit("labels", lambda fields: sorted({*fields["labels"]} ^ {self._random.choice(LABELS)}))

    def _put_off(self) -> bool:
        return self._edit("duedate", lambda _: self._day(), _is_open)

    def _estimate(self) -> bool:
        return self._edit(POINTS, lambda _: self._random.choice(SIZES))

    def _flag(self) -> bool:
        flag = [{"id": "10019", "value": "Impediment"}]
        return self._edit(FLAGGED, lambda fields: None if fields.get(FLAGGED) else flag, _is_open)

    def _day(self) -> str:
        return (self._site.now() + timedelta(days=self._random.randint(1, 30))).date().isoformat()

    def _bring(self, category: str, *before: str) -> bool:
        wanted = [id_ for id_, one in self._site.known.statuses.items() if one["statusCategory"]["key"] == category]
        issue = self._pick(lambda _, fields: fields["status"]["statusCategory"]["key"] in before)
        if issue is None or not wanted:
            return False
        self._site.transition(issue.id, self._random.choice(wanted), self._somebody())
        return True

    def _start(self) -> bool:
        return self._bring("indeterminate", "new", "undefined")

    def _finish(self) -> bool:
        return self._bring("done", "indeterminate")

    def _reopen(self) -> bool:
        return self._bring("new", "done")

    def _block(self) -> bool:
        blocker = self._pick(lambda issue, fields: _is_open(fields) and len(issue.links) < MOST_LINKS)
        waits = self._pick(lambda issue, fields: _is_open(fields) and len(issue.links) < MOST_LINKS)
        if blocker is None or waits is None or blocker.id == waits.id:
            return False
        self._site.link("Blocks", blocker.id, waits.id, self._somebody())
        return True

    def _unblock(self) -> bool:
        issue = self._pick(lambda issue, _: bool(issue.links))
        if issue is not None:
            self._site.unlink(self._random.choice(issue.links), self._somebody())
        return issue is not None

    def _set_parent(self) -> bool:
        child = self._pick(lambda _, fields: not _is_epic(fields))
        if child is None:
            return False
        wanted = _is_plain if child.read_fields()["issuetype"].get("subtask") else _is_epic
        parent = self._pick(lambda issue, fields: wanted(fields) and issue.id not in {child.id, child.parent})
        if parent is None:
            return False
        self._site.set_parent(child.id, parent.id, self._somebody())
        return True

    def _orphan(self) -> bool:
        child = self._pick(lambda issue, fields: bool(issue.parent) and not fields["issuetype"].get("subtask"))
        if child is not None:
            self._site.set_parent(child.id, None, self._somebody())
        return child is not None

    def _move(self) -> bool:
        issue = self._pick(lambda issue, fields: _is_plain(fields) and not self._site.store.children.get(issue.id))
        others = [one["key"] for id_, one in self._site.known.projects.items() if issue and id_ != issue.project]
        if issue is None or not others:
            return False
        self._site.move(issue.id, self._random.choice(others), self._somebody())
        return True

    def _delete(self) -> bool:
        issue = self._pick(lambda _, fields: not _is_epic(fields))
        if issue is not None:
            self._site.delete(issue.id, self._somebody())
        return issue is not None


def _is_open(fields: Json) -> bool:
    return bool(fields["status"]["statusCategory"]["key"] != "done")


def _is_epic(fields: Json) -> bool:
    kind = fields["issuetype"]
    return bool(kind.get("hierarchyLevel", 0) > 0) or kind.get("name") == "Epic"


def _is_plain(fields: Json) -> bool:
    return not _is_epic(fields) and not fields["issuetype"].get("subtask")
