"""What the sandbox holds, by the keys of each stream, read from its own store; and whether its own counts agree."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from services.runtime.connections import JiraKind
from services.sandbox.asana.site import AsanaSite
from services.sandbox.jira.site import JiraSite
from tests.peers.counting import Keys

JIRA_STATE: Final = {"issue": "issues", "comment": "comments", "history": "histories", "link": "links"}
ASANA_STATE: Final = {
    "workspace": "workspaces", "user": "users", "team": "teams", "project": "projects", "section": "sections",
    "task": "tasks", "story": "stories", "tag": "tags", "goal": "goals", "portfolio": "portfolios",
    "custom_field": "custom_fields", "status_update": "status_updates",
}  # fmt: skip
WHOLE_HISTORIES: Final = 100
"""A single issue on Cloud comes with the newest hundred of its histories; no public method of the package reads on."""
SEARCHED_HISTORIES: Final = 40
SEARCHED_COMMENTS: Final = 20
"""A search on Cloud gives the newest 40 histories and the first 20 comments of an issue, and tap-jira asks no further;
on a Data Center it gives them all."""


def jira_held(site: JiraSite) -> Keys:
    """Return what a client that reads everything must see."""
    return _jira(site, None, None)


def jira_by_package(site: JiraSite) -> Keys:
    """Return what the `jira` package can read by its public methods."""
    return _jira(site, WHOLE_HISTORIES if site.kind is JiraKind.CLOUD else None, None)


def jira_by_tap(site: JiraSite) -> Keys:
    """Return what tap-jira reads; of links it knows only what is in the issues, so it has no stream of them."""
    is_cloud = site.kind is JiraKind.CLOUD
    held = _jira(site, *((SEARCHED_HISTORIES, SEARCHED_COMMENTS) if is_cloud else (None, None)))
    streams = {"issues": "issues", "issue_comments": "comments", "changelogs": "histories", "projects": "projects",
               "users": "users"}  # fmt: skip
    parts = {"versions": site.known.versions}
    if is_cloud:  # a Data Center has no such page of a project's components as the tap asks for, and it would end there
        parts["components"] = site.known.components
    return {
        **{theirs: held[ours] for theirs, ours in streams.items()},
        **{name: frozenset(key for things in known.values() for key in things) for name, known in parts.items()},
        "resolutions": frozenset(site.known.resolutions),
    }


def _jira(site: JiraSite, histories: int | None, comments: int | None) -> Keys:
    issues = site.issues.values()
    return {
        "issues": frozenset(site.issues),
        "histories": frozenset(one["id"] for issue in issues for one in issue.read_histories()[:histories]),
        "comments": frozenset(one["id"] for issue in issues for one in issue.read_comments()[:comments]),
        "links": frozenset(site.store.links),
        "projects": frozenset(site.known.projects),
        "users": frozenset(site.known.users),
    }


def asana_held(site: AsanaSite) -> Keys:
    """Return what a client that reads everything must see."""
    tasks = site.tasks
    items = site.store.all("portfolio").values()
    return {
        **{stream: frozenset(site.store.all(kind)) for kind, stream in ASANA_STATE.items() if kind != "task"},
        "tasks": frozenset(tasks),
        "dependencies": _pairs((task, one) for task in tasks.values() for one in task.get("dependencies", ())),
        "portfolio_items": _pairs((one, item) for one in items for item in one["_items"]),
    }


def asana_by_tap(site: AsanaSite) -> Keys:
    """Return what tap-asana reads: tasks in projects, subtasks below them, and the stories of the former alone."""
    held, placed = asana_held(site), _placed(site)
    same = ("workspaces", "users", "teams", "projects", "sections", "tags", "portfolios")
    return {
        **{stream: held[stream] for stream in same},
        "tasks": frozenset(placed),
        "subtasks": _below(site, placed),
        "stories": _stories(site, placed),
    }


def asana_by_source(site: AsanaSite) -> Keys:
    """Return what airbyte-source-asana reads: of tasks only those in projects, nothing of what is below them.

    A portfolio's item it knows by the item's own gid. Everybody is a member of each team.
    """
    held, placed = asana_held(site), _placed(site)
    same = ("workspaces", "users", "teams", "projects", "sections", "tags", "portfolios", "custom_fields")
    memberships = frozenset(f"{user}/{team}" for user in held["users"] for team in held["teams"])
    return {
        **{stream: held[stream] for stream in same},
        "team_memberships": memberships,
        "sections_compact": held["sections"],
        "portfolios_compact": held["portfolios"],
        "portfolio_items": frozenset(pair.rpartition("/")[2] for pair in held["portfolio_items"]),
        "tasks": frozenset(placed),
        "stories": _stories(site, placed),
        "stories_compact": _stories(site, placed),
    }


def _placed(site: AsanaSite) -> set[str]:
    return {gid for gid, task in site.tasks.items() if task["projects"]}


def _below(site: AsanaSite, above: Iterable[str]) -> frozenset[str]:
    children = [gid for gid, task in site.tasks.items() if (task.get("parent") or {}).get("gid") in set(above)]
    return frozenset(children) | _below(site, children) if children else frozenset()


def _stories(site: AsanaSite, tasks: set[str]) -> frozenset[str]:
    return frozenset(gid for gid, one in site.store.all("story").items() if one["target"]["gid"] in tasks)


def _pairs(found: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> frozenset[str]:
    return frozenset(f"{one['gid']}/{other['gid']}" for one, other in found)


def miscounted(state: Mapping[str, Any], held: Keys, names: Mapping[str, str]) -> Iterator[str]:
    """Say where the counts that the sandbox tells of itself are not those of its store."""
    for kind, stream in names.items():
        if state.get(kind, 0) != len(held[stream]):
            yield f"the sandbox tells of {state.get(kind, 0)} {stream} and holds {len(held[stream])}"
