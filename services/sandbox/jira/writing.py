"""How every change is written: a new history, a later `updated`, and the webhooks that tell it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from services.sandbox.jira.changes import event_type
from services.sandbox.jira.records import Json, Stored, instant, packed
from services.sandbox.jira.webhooks import Event

if TYPE_CHECKING:
    from services.sandbox.jira.site import JiraSite

OWN_FROM: Final = 900_000_000
"""Ids of what clients make start here, away from those that issues are loaded with."""


@dataclass
class Numbers:
    """The newest id of each kind of thing; ids only rise. `own` are those that clients made, by kind."""

    newest: dict[str, int] = field(default_factory=dict)
    own: dict[str, set[str]] = field(default_factory=dict)

    def seen(self, kind: str, ids: Iterable[str]) -> None:
        """Note ids that were given from outside."""
        highest = max(map(int, ids), default=0)
        if highest > self.newest.get(kind, OWN_FROM):
            self.newest[kind] = highest

    def next(self, kind: str, *, own: bool = True) -> str:
        """Return a new id; by default it counts as a client's own."""
        self.newest[kind] = self.newest.get(kind, OWN_FROM) + 1
        id_ = str(self.newest[kind])
        if own:
            self.own.setdefault(kind, set()).add(id_)
        return id_

    def is_own(self, kind: str, id_: str) -> bool:
        """Tell whether a client made it."""
        return id_ in self.own.get(kind, ())


def history_of(site: "JiraSite", by: Json | None, at: int, items: list[Json]) -> Json:
    """Return a new history."""
    history: Json = {"id": site.numbers.next("history"), "created": instant(at), "items": items}
    return {**history, "author": by} if by is not None else history


def amend(
    site: "JiraSite", old: Stored, by: Json | None, items: list[Json], *,
    fields: Json | None = None, tell: bool = True, **changes: Any,
) -> Stored:  # fmt: skip
    """Change an issue and tell it; without items, only `updated` and what `changes` names change, untold."""
    at = max(site.at(), old.updated + 1)
    if fields is not None:
        changes["fields"] = packed(fields)
    history = history_of(site, by, at, items) if items else None
    if history is not None:
        changes["histories"] = packed([history, *old.read_histories()])
        changes["history_count"] = old.history_count + 1
    new = replace(old, updated=at, **changes)
    site.store.place(new, at)
    if history is not None and tell:
        told = event_type(site.kind, items)
        site.webhooks.tell(Event("jira:issue_updated", at, by, new, told, changelog=history))
    return new


def write_comments(site: "JiraSite", old: Stored, comments: list[Json]) -> Stored:
    """Keep other comments, with a later `updated`."""
    return amend(site, old, None, [], comments=packed(comments), comment_count=len(comments))


DATACENTER_TELLS: Final = {
    "comment_created": "issue_commented",
    "comment_updated": "issue_comment_edited",
    "comment_deleted": "issue_comment_deleted",
}


def tell_comment(site: "JiraSite", name: str, issue: Stored, comment: Json, *, secondary: bool = False) -> None:
    """Tell of a comment; Data Center does so twice, first without the issue and then as its update."""
    at, by = issue.updated, comment["updateAuthor"]
    site.webhooks.tell(Event(name, at, by, issue, comment=comment, secondary=secondary))
    if site.is_datacenter and not secondary:
        site.webhooks.tell(Event("jira:issue_updated", at, by, issue, DATACENTER_TELLS[name], comment=comment))
