"""What is rare in the company and makes clients stumble: long histories, deep subtasks, what was moved and deleted."""

from typing import Final

from services.sandbox.asana.site import AsanaSite
from services.sandbox.jira import actions
from services.sandbox.jira.site import JiraSite

HISTORIES: Final = 130
COMMENTS: Final = 110
"""More than any page, and than any cut of a history, holds."""


def add_to_jira(site: JiraSite) -> None:
    """Make an issue with a long history, some with links, one that was moved and one that is deleted."""
    projects = sorted(project["key"] for project in site.known.projects.values())
    by = str(site.known.account["accountId"])
    long, moved, deleted = (site.create(projects[0], {"summary": name}, by) for name in ("Long", "Moved", "Deleted"))
    for number in range(HISTORIES):
        site.edit(long, {"summary": f"Long, {number}"}, by)
    for number in range(COMMENTS):
        site.comment(long, f"Said, {number}", by)
    page = {"object": {"url": "https://brightmoor.example/a", "title": "A"}}
    actions.remote_link(site, site.issues[long], None, page, site.known.account)
    site.link("Blocks", long, moved, by)
    site.link("Blocks", long, deleted, by)
    site.move(moved, projects[1], by)
    site.comment(deleted, "Soon gone", by)
    site.delete(deleted, by)


def add_to_asana(site: AsanaSite) -> None:
    """Make a task with many stories in two projects, subtasks of subtasks, and one that is deleted."""
    one, other, *_ = site.store.all("project")
    by = site.store.account["gid"]
    busy, deleted = (site.create(one, {"name": name}, by) for name in ("Busy", "Deleted"))
    site.add_to_project(busy, other, by)
    for number in range(COMMENTS):
        site.comment(busy, f"Said, {number}", by)
    above = busy
    for depth in range(3):
        above = site.create(None, {"name": f"Below, {depth}"}, by, parent=above)
        site.comment(above, "Said below", by)
    site.add_dependency(above, busy, by)
    site.comment(deleted, "Soon gone", by)
    site.delete(deleted, by)
