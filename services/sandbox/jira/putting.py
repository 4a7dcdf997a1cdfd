"""Takes issues from outside: loaded as they are, or as something that happens now and is told.

What clients wrote on an issue by themselves (comments, histories, links) stays when the issue is put again.
"""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from services.sandbox.jira.changes import differences, event_type
from services.sandbox.jira.intake import Taken, newest_first, take
from services.sandbox.jira.records import Json, Link, Stored, millis, packed
from services.sandbox.jira.webhooks import Event
from services.sandbox.jira.writing import history_of, tell_comment

if TYPE_CHECKING:
    from services.sandbox.jira.site import JiraSite


def put(site: "JiraSite", raw: Json, at: datetime | None) -> None:
    """Insert or replace an issue; with `at`, what differs is new now and is delivered."""
    taken = _under_its_key(site, take(raw, site.known))
    _learn(site, taken)
    old = site.store.issues.get(taken.id)
    if at is not None and taken.id in site.store.deleted:
        return  # it was deleted here, and what is deleted never comes back
    if at is None:
        _load(site, taken, old)
    elif old is None:
        _appear(site, taken, millis(at))
    else:
        _happen(site, taken, old, millis(at))


def _under_its_key(site: "JiraSite", taken: Taken) -> Taken:
    """An issue that a client moved stays there, and one whose key a client's issue has got first gets another."""
    old = site.store.issues.get(taken.id)
    if old is not None and taken.id in site.moved:
        project = site.known.projects[old.project]
        return replace(taken, key=old.key, project=project, fields={**taken.fields, "project": project})
    holder = site.store.issues.get(site.store.keys.get(taken.key, ""))
    if holder is None or holder.id == taken.id or holder.key != taken.key:
        return taken
    site.learn_project(taken.project)
    site.moved.add(taken.id)
    return replace(taken, key=site.next_key(str(taken.project["id"])))


def _learn(site: "JiraSite", taken: Taken) -> None:
    site.learn_project(taken.project)
    site.learn_key(taken.key, str(taken.project["id"]))
    for id_, stub in taken.far.items():
        if id_ not in site.store.issues:
            site.store.far[id_] = stub
    site.numbers.seen("issue", (taken.id,))
    site.numbers.seen("comment", (each["id"] for each in taken.comments))
    site.numbers.seen("link", (each.id for each in taken.links))


def _stored(site: "JiraSite", taken: Taken, old: Stored | None, histories: list[Json], updated: int) -> Stored:
    comments = taken.comments
    if old is not None and old.comment_count:
        comments = [*comments, *(each for each in old.read_comments() if site.numbers.is_own("comment", each["id"]))]
        comments = sorted({each["id"]: each for each in comments}.values(), key=newest_first)
    return Stored(
        id=taken.id, key=taken.key, project=str(taken.project["id"]), created=taken.created, updated=updated,
        fields=packed(taken.fields), parent=taken.parent, links=_links(site, taken, old),
        comments=packed(comments), comment_count=len(comments),
        histories=packed(histories), history_count=len(histories),
    )  # fmt: skip


def _links(site: "JiraSite", taken: Taken, old: Stored | None) -> tuple[str, ...]:
    kept = [each for each in old.links if site.numbers.is_own("link", each)] if old else []
    return tuple(dict.fromkeys((*(each.id for each in taken.links), *kept)))


def _load(site: "JiraSite", taken: Taken, old: Stored | None) -> None:
    histories = taken.histories or []
    site.numbers.seen("history", (each["id"] for each in histories))
    if site.renumbered:
        histories = [{**each, "id": site.renumbered.get((taken.id, each["id"]), each["id"])} for each in histories]
    if old is not None:
        own = [each for each in old.read_histories() if site.numbers.is_own("history", each["id"])]
        histories = sorted([*histories, *own], key=newest_first, reverse=True) if own else histories
    site.store.place(_stored(site, taken, old, histories, taken.updated))
    _tie(site, taken, old, None)


def _tie(site: "JiraSite", taken: Taken, old: Stored | None, at: int | None) -> tuple[list[Link], list[Link]]:
    """Make the links of both ends agree; return those that came and those that went."""
    store = site.store
    before = set(old.links) if old else set()
    came = [each for each in taken.links if each.id not in before and each.id not in store.links]
    now = {each.id for each in taken.links}
    went = [store.links[each] for each in before if each not in now and not site.numbers.is_own("link", each)]
    for link in taken.links:
        store.tie(link, at=at)
    for link in went:
        store.untie(link, at=at)
    return came, [link for link in went if store.links.pop(link.id, None)]


def _appear(site: "JiraSite", taken: Taken, at: int) -> None:
    histories = [_renumbered(site, taken.id, each) for each in reversed(taken.histories or [])][::-1]
    issue = _stored(site, taken, None, histories, max(taken.updated, at))
    site.store.place(issue, at)
    site.webhooks.tell(Event("jira:issue_created", at, taken.fields["creator"], issue, "issue_created"))
    _tell_links(site, *_tie(site, taken, None, at), at)


def _happen(site: "JiraSite", taken: Taken, old: Stored, at: int) -> None:
    before = old.read_histories()
    known = {each["id"] for each in before}
    fresh = [each for each in (_renumbered(site, taken.id, one, known) for one in reversed(taken.histories or []))
             if each["id"] not in known]  # fmt: skip
    if not fresh and (items := differences(old.read_fields(), taken.fields)):
        fresh = [history_of(site, taken.fields["assignee"] or taken.fields["reporter"], at, items)]
    fresh.sort(key=newest_first)
    new = _stored(site, taken, old, [*reversed(fresh), *before], old.updated)
    if not _is_same(old, new):
        new = replace(new, updated=max(taken.updated, at, old.updated + 1))
        site.store.place(new, at)
    _tell_links(site, *_tie(site, taken, old, at), at)
    for history in fresh:
        told = event_type(site.kind, history["items"])
        event = Event("jira:issue_updated", new.updated, history.get("author"), new, told, changelog=history)
        site.webhooks.tell(event)
    _tell_comments(site, old, new)


def _is_same(old: Stored, new: Stored) -> bool:
    if new == old:
        return True
    alike = replace(new, fields=old.fields, links=old.links) == old
    return alike and set(new.links) == set(old.links) and new.read_fields() == old.read_fields()


def _renumbered(site: "JiraSite", issue: str, history: Json, known: set[str] | frozenset[str] = frozenset()) -> Json:
    """Give a history that is news the next id, so that ids rise with time; the same one keeps what it got."""
    given = history["id"]
    if given in known:
        return history
    key = (issue, given)
    if key not in site.renumbered:
        site.renumbered[key] = site.numbers.next("history", own=False)
    return {**history, "id": site.renumbered[key]}


def _tell_links(site: "JiraSite", came: list[Link], went: list[Link], at: int) -> None:
    for name, links in (("issuelink_created", came), ("issuelink_deleted", went)):
        for link in links:
            site.webhooks.tell(Event(name, at, None, link=link))


def _tell_comments(site: "JiraSite", old: Stored, new: Stored) -> None:
    before, after = ({each["id"]: each for each in issue.read_comments()} for issue in (old, new))
    for id_, comment in after.items():
        if id_ not in before:
            tell_comment(site, "comment_created", new, comment)
        elif before[id_] != comment:
            tell_comment(site, "comment_updated", new, comment)
    for id_ in before.keys() - after.keys():
        tell_comment(site, "comment_deleted", new, before[id_])
