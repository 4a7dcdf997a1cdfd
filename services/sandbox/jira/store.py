"""Where the issues lie: by id, by key (old keys too), by project, by parent and by the order of their updates.

A query for what changed since then reads only that. With an index lag, a search sees issues as they stood then.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from services.sandbox.jira.records import Json, Link, Stored

FEW: Final = 200


@dataclass
class UpdateOrder:
    """(updated, id) in order; those of before an issue's later change are left in until they are many."""

    rows: list[tuple[int, str]] = field(default_factory=list)
    fresh: list[tuple[int, str]] = field(default_factory=list)

    def add(self, updated: int, id_: str) -> None:
        """Note an update."""
        self.fresh.append((updated, id_))

    def since(self, updated: int) -> Iterator[tuple[int, str]]:
        """Return the updates of that time or later, oldest first, those that were overtaken as well."""
        self._settle()
        return islice(self.rows, bisect_left(self.rows, (updated, "")), None)

    def count_since(self, updated: int) -> int:
        """Return how many `since` would give."""
        self._settle()
        return len(self.rows) - bisect_left(self.rows, (updated, ""))

    def sweep(self, issues: dict[str, Stored]) -> None:
        """Forget what was overtaken, once it is more than half."""
        if len(self.rows) > 2 * len(issues) + FEW:
            self.rows = sorted((issue.updated, id_) for id_, issue in issues.items())

    def _settle(self) -> None:
        if len(self.fresh) <= FEW:
            for row in self.fresh:
                insort(self.rows, row)
        else:
            self.rows.extend(self.fresh)
            self.rows.sort()
        self.fresh.clear()


@dataclass
class Store:
    """All issues of a site. `far` holds what is known of issues that are linked to but are not here."""

    lag: int = 0
    issues: dict[str, Stored] = field(default_factory=dict)
    deleted: dict[str, Stored] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    by_project: dict[str, dict[str, None]] = field(default_factory=dict)
    children: dict[str, dict[str, None]] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    far: dict[str, Json] = field(default_factory=dict)
    order: UpdateOrder = field(default_factory=UpdateOrder)
    revision: int = 0
    """Rises with every change, so that a search that was run just now need not be run again."""
    past: dict[str, deque[tuple[int, Stored | None]]] = field(default_factory=dict)
    """Of each issue that changed lately, until when (epoch ms) it stood how; none: it was not there."""
    _waiting: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, id_or_key: str) -> Stored | None:
        """Return the issue of an id or of a key that it has or had."""
        return self.issues.get(id_or_key) or self.issues.get(self.keys.get(id_or_key.upper(), ""))

    def place(self, issue: Stored, at: int | None = None) -> None:
        """Keep an issue in the place of how it stood before; `at` (epoch ms) is for an index that lags."""
        self.revision += 1
        old = self.issues.get(issue.id)
        if at is not None and self.lag:
            self.past.setdefault(issue.id, deque()).append((at, old))
        if old is None:
            waiting = self._waiting.pop(issue.id, ())
            issue = replace(issue, links=tuple(dict.fromkeys((*issue.links, *waiting))))
            self.far.pop(issue.id, None)
        if old is None or old.project != issue.project:
            self._regroup(self.by_project, issue.id, old.project if old else None, issue.project)
        if (old.parent if old else None) != issue.parent:
            self._regroup(self.children, issue.id, old.parent if old else None, issue.parent)
        self.issues[issue.id] = issue
        self.keys[issue.key] = issue.id
        if old is None or old.updated != issue.updated:
            self.order.add(issue.updated, issue.id)

    def remove(self, id_: str) -> Stored:
        """Take an issue away; it is kept aside."""
        self.revision += 1
        issue = self.deleted[id_] = self.issues.pop(id_)
        self.past.pop(id_, None)
        self._regroup(self.by_project, id_, issue.project, None)
        self._regroup(self.children, id_, issue.parent, None)
        return issue

    def tie(self, link: Link, *, at: int | None = None) -> None:
        """Show a link in both of its issues, or once they are there."""
        self.links[link.id] = link
        for end in (link.source, link.destination):
            issue = self.issues.get(end)
            if issue is None:
                self._waiting[end] = tuple(dict.fromkeys((*self._waiting.get(end, ()), link.id)))
            elif link.id not in issue.links:
                self.place(replace(issue, links=(*issue.links, link.id)), at)

    def untie(self, link: Link, *, at: int | None = None) -> None:
        """Show a link in neither of its issues any more."""
        for end in (link.source, link.destination):
            issue = self.issues.get(end)
            if end in self._waiting:
                self._waiting[end] = tuple(each for each in self._waiting[end] if each != link.id)
            if issue is not None and link.id in issue.links:
                self.place(replace(issue, links=tuple(each for each in issue.links if each != link.id)), at)

    def indexed(self, id_: str, now: int) -> Stored | None:
        """Return the issue as the search index has it, which may be behind; one that is deleted is gone at once."""
        current = self.issues.get(id_)
        past = self.past.get(id_)
        if past is None or current is None:
            return current
        seen = now - self.lag
        while past and past[0][0] <= seen:
            past.popleft()
        if past:
            return past[0][1]
        del self.past[id_]
        return current

    @staticmethod
    def _regroup(groups: dict[str, dict[str, None]], id_: str, before: str | None, after: str | None) -> None:
        if before is not None:
            groups[before].pop(id_, None)
        if after is not None:
            groups.setdefault(after, {})[id_] = None
