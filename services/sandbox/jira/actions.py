"""What people and clients do to issues. Each act is written to the changelog as Jira does, and told by webhook."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from services.sandbox.jira.catalogue import EPIC_LINK, addressed_person, named
from services.sandbox.jira.changes import NOTHING, child_item, differences, item, link_item, parent_items
from services.sandbox.jira.intake import ALWAYS
from services.sandbox.jira.records import Json, Link, Stored, instant, packed
from services.sandbox.jira.rich_text import as_document
from services.sandbox.jira.shapes import EPIC_LINK_DATACENTER
from services.sandbox.jira.values import Refused, read_value, wrong
from services.sandbox.jira.webhooks import Event
from services.sandbox.jira.writing import amend, tell_comment, write_comments

if TYPE_CHECKING:
    from services.sandbox.jira.site import JiraSite

PARENTS: Final = frozenset({"parent", EPIC_LINK, EPIC_LINK_DATACENTER})


def create(site: "JiraSite", project: str, fields: Json, by: Json) -> Stored:
    """Open an issue; there is no history of that."""
    found = site.known.project_of(project)
    if found is None or found["id"] in site.known.hidden:
        raise wrong("project", "valid project is required")
    if not fields.get("summary"):
        raise wrong("summary", "You must specify a summary of the issue.")
    at = site.at()
    kept = {
        **ALWAYS,
        "summary": "",
        "project": found,
        "reporter": addressed_person(by),
        "creator": addressed_person(by),
        "created": instant(at),
    }
    kept["status"] = site.known.first_status("new")
    kept["issuetype"] = next(each for each in site.known.types.values() if not each.get("subtask"))
    kept["priority"] = site.known.priorities.get("3")
    given = {name: value for name, value in fields.items() if name not in {*PARENTS, "project"}}
    kept |= {name: read_value(site.known, found["id"], name, value) for name, value in given.items()}
    id_ = site.numbers.next("issue")
    parent = parent_of(site, fields)
    issue = Stored(id_, site.next_key(found["id"]), found["id"], at, at, packed(kept), parent.id if parent else None)
    site.store.place(issue, at)
    site.webhooks.tell(Event("jira:issue_created", at, by, issue, "issue_created"))
    return issue


def parent_of(site: "JiraSite", fields: Json) -> Stored | None:
    """Return the issue that the fields name as parent or epic, if they name one."""
    for name in PARENTS & fields.keys():
        value = fields[name]
        told = (value.get("id") or value.get("key")) if isinstance(value, dict) else value
        if told:
            parent = site.store.find(str(told))
            if parent is None:
                raise wrong("parentId", "Could not find issue by id or key.")
            return parent
    return None


def edit(site: "JiraSite", old: Stored, fields: Json, by: Json) -> Stored:
    """Set fields of an issue; what is the same already writes nothing."""
    before = old.read_fields()
    given = {name: value for name, value in fields.items() if name not in PARENTS}
    after = {**before, **{name: read_value(site.known, old.project, name, value) for name, value in given.items()}}
    if bool(after["resolution"]) is not bool(before["resolution"]):
        after["resolutiondate"] = instant(max(site.at(), old.updated + 1)) if after["resolution"] else None
    items = differences(before, after)
    new = amend(site, old, by, items, fields=after) if items else old
    return set_parent(site, new, parent_of(site, fields), by) if PARENTS & fields.keys() else new


def set_parent(site: "JiraSite", old: Stored, parent: Stored | None, by: Json) -> Stored:
    """Put an issue under another, or under none. An epic writes down who joins and who leaves it."""
    if (parent.id if parent else None) == old.parent:
        return old
    former = site.store.issues.get(old.parent or "")
    subtask = bool(old.read_fields()["issuetype"].get("subtask"))
    items = parent_items(site.kind, former, parent, subtask=subtask)
    new = amend(site, old, by, items, parent=parent.id if parent else None)
    if not subtask:
        for epic, joined in ((former, False), (parent, True)):
            if epic is not None:
                amend(site, epic, by, [child_item(new, joined=joined)])
    return new


def transition(site: "JiraSite", old: Stored, status: str, by: Json, fields: Json | None = None) -> Stored:
    """Bring an issue into another status, by its id or name. Done sets the resolution, and leaving it clears it."""
    wanted = named(site.known.statuses.values(), status)
    if wanted is None:
        raise Refused(400, f"Transition id '{status}' is not valid for this issue.")
    before = old.read_fields()
    after = {**before, "status": wanted}
    done = wanted["statusCategory"]["key"] == "done"
    if done and not before["resolution"]:
        given = (fields or {}).get("resolution")
        first = next(iter(site.known.resolutions.values()))
        after["resolution"] = read_value(site.known, old.project, "resolution", given) if given else first
        after["resolutiondate"] = instant(max(site.at(), old.updated + 1))
    elif not done:
        after |= {"resolution": None, "resolutiondate": None}
    items = differences(before, after)
    return amend(site, old, by, items, fields=after) if items else old


def comment(site: "JiraSite", old: Stored, body: Any, by: Json) -> Json:
    """Leave a comment: a text or a document."""
    if not body:
        raise wrong("comment", "Comment body can not be empty!")
    at = instant(max(site.at(), old.updated + 1))
    id_ = site.numbers.next("comment")
    made = {
        "id": id_, "author": by, "updateAuthor": by, "body": as_document(body), "created": at, "updated": at,
        "jsdPublic": True,
    }  # fmt: skip
    new = write_comments(site, old, [*old.read_comments(), made])
    tell_comment(site, "comment_created", new, made)
    return made


def comment_of(issue: Stored, id_: str) -> Json:
    """Return a comment; raises `Refused` where it is not there."""
    for each in issue.read_comments():
        if each["id"] == id_:
            return each
    raise Refused(404, f"Can not find a comment for the id: {id_}.")


def edit_comment(site: "JiraSite", old: Stored, id_: str, body: Any, by: Json) -> Json:
    """Change the text of a comment."""
    at = instant(max(site.at(), old.updated + 1))
    changed = {**comment_of(old, id_), "body": as_document(body), "updateAuthor": by, "updated": at}
    new = write_comments(site, old, [changed if each["id"] == id_ else each for each in old.read_comments()])
    tell_comment(site, "comment_updated", new, changed)
    return changed


def delete_comment(site: "JiraSite", old: Stored, id_: str) -> None:
    """Take a comment away."""
    gone = comment_of(old, id_)
    new = write_comments(site, old, [each for each in old.read_comments() if each["id"] != id_])
    tell_comment(site, "comment_deleted", new, gone)


def link(site: "JiraSite", kind: str, source: Stored, destination: Stored, by: Json) -> Link:
    """Link two issues: the source blocks the destination, say. A link that is there already is not made twice."""
    found = named(site.known.link_types.values(), kind)
    if found is None:
        raise Refused(404, f"No issue link type with name '{kind}' found.")
    for each in source.links:
        known = site.store.links[each]
        if (known.type, known.source, known.destination) == (str(found["id"]), source.id, destination.id):
            return known
    made = Link(site.numbers.next("link"), str(found["id"]), source.id, destination.id)
    site.store.tie(made, at=site.at())
    _write_link(site, made, by, made=True)
    return made


def _write_link(site: "JiraSite", link: Link, by: Json, *, made: bool) -> None:
    kind = site.known.link_types[link.type]
    for end, other in ((link.source, link.destination), (link.destination, link.source)):
        issue = site.store.issues.get(end)
        if issue is not None:
            entry = link_item(kind, link, end, site.key_of(other), made=made)
            amend(site, issue, by, [entry], tell=False)
    name = "issuelink_created" if made else "issuelink_deleted"
    site.webhooks.tell(Event(name, site.at(), by, link=link))


def unlink(site: "JiraSite", id_: str, by: Json) -> None:
    """Take a link away, from both issues."""
    found = site.store.links.pop(id_, None)
    if found is None:
        raise Refused(404, f"No issue link with id '{id_}' exists.")
    site.store.untie(found, at=site.at())
    _write_link(site, found, by, made=False)


def delete(site: "JiraSite", issue: Stored, by: Json) -> None:
    """Delete an issue with its sub-tasks; its links go with it, and its comments are told of a good while later."""
    for id_ in list(site.store.children.get(issue.id, ())):
        child = site.store.issues[id_]
        if child.read_fields()["issuetype"].get("subtask"):
            delete(site, child, by)
        else:
            site.store.place(replace(child, parent=None), site.at())
    for id_ in issue.links:
        unlink(site, id_, by)
    last = site.store.remove(issue.id)
    site.webhooks.tell(Event("jira:issue_deleted", site.at(), by, last, "issue_deleted"))
    for each in last.read_comments():
        tell_comment(site, "comment_deleted", last, each, secondary=True)


def move(site: "JiraSite", old: Stored, project: str, by: Json) -> Stored:
    """Move an issue to another project, where it gets another key; the old one leads to it still."""
    found = site.known.project_of(project)
    if found is None:
        raise wrong("project", "valid project is required")
    if found["id"] == old.project:
        return old
    key = site.next_key(found["id"])
    before = site.known.projects[old.project]
    items = [
        item("project", (before["id"], before["name"]), (found["id"], found["name"]), "project"),
        item("Key", (None, old.key), (None, key)),
    ]
    site.moved.add(old.id)
    return amend(site, old, by, items, fields={**old.read_fields(), "project": found}, project=found["id"], key=key)


def remote_link(site: "JiraSite", old: Stored, global_id: str | None, shown: Json, by: Json) -> tuple[int, bool]:
    """Link an issue to a page elsewhere; the same global id again replaces it. Returns its id and whether it is new."""
    links = site.remote_links.setdefault(old.id, {})
    if global_id is not None:
        for id_, each in links.items():
            if each.get("globalId") == global_id:
                links[id_] = {**shown, "id": id_}
                return id_, False
    id_ = int(site.numbers.next("remote"))
    links[id_] = {**shown, "id": id_}
    told = (str(id_), f'This issue links to "{shown["object"].get("title", "")} (Web Link)"')
    amend(site, old, by, [item("RemoteIssueLink", NOTHING, told)])
    return id_, True
