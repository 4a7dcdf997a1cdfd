"""A full sync of an Asana workspace with the plain `asana` package; run as a program of its own.

Prints a JSON line for each record: its stream and its key.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import asana

Record = tuple[str, ...]
FIELDS = "gid,num_subtasks,dependencies"


def connected(url: str) -> Any:
    """Log in with a personal access token."""
    settings = asana.Configuration()
    settings.host = f"{url}/api/1.0"
    settings.access_token = "sandbox"  # noqa: S105 -- the sandbox's known token
    return asana.ApiClient(settings)


def records(client: Any) -> Iterator[Record]:
    """Give all records of all workspaces."""
    for workspace in asana.WorkspacesApi(client).get_workspaces({}):
        yield "workspaces", workspace["gid"]
        yield from of_workspace(client, workspace["gid"])
        for project in asana.ProjectsApi(client).get_projects({"workspace": workspace["gid"]}):
            yield "projects", project["gid"]
            yield from of_project(client, project["gid"])


def of_workspace(client: Any, gid: str) -> Iterator[Record]:
    """Give what belongs to a workspace as a whole."""
    lists = {
        "users": asana.UsersApi(client).get_users({"workspace": gid}),
        "teams": asana.TeamsApi(client).get_teams_for_workspace(gid, {}),
        "tags": asana.TagsApi(client).get_tags({"workspace": gid}),
        "goals": asana.GoalsApi(client).get_goals({"workspace": gid}),
        "custom_fields": asana.CustomFieldsApi(client).get_custom_fields_for_workspace(gid, {}),
        "portfolios": asana.PortfoliosApi(client).get_portfolios(gid, {"owner": "me"}),
    }
    for stream, found in lists.items():
        for one in found:
            yield stream, one["gid"]
            if stream == "goals":
                yield from of_goal(client, one["gid"])
            elif stream == "portfolios":
                items = asana.PortfoliosApi(client).get_items_for_portfolio(one["gid"], {})
                yield from (("portfolio_items", one["gid"], item["gid"]) for item in items)


def of_goal(client: Any, gid: str) -> Iterator[Record]:
    """Give what was said of a goal."""
    for status in asana.StatusUpdatesApi(client).get_statuses_for_object(gid, {}):
        yield "status_updates", status["gid"]


def of_project(client: Any, gid: str) -> Iterator[Record]:
    """Give what is in a project, and what was said of it."""
    for section in asana.SectionsApi(client).get_sections_for_project(gid, {}):
        yield "sections", section["gid"]
    for status in asana.StatusUpdatesApi(client).get_statuses_for_object(gid, {}):
        yield "status_updates", status["gid"]
    for task in asana.TasksApi(client).get_tasks_for_project(gid, {"opt_fields": FIELDS}):
        yield from of_task(client, task)


def of_task(client: Any, task: dict[str, Any]) -> Iterator[Record]:
    """Give a task, what was said of it, what it waits for, and what is below it."""
    gid = task["gid"]
    yield "tasks", gid
    yield from (("dependencies", gid, one["gid"]) for one in task["dependencies"])
    for story in asana.StoriesApi(client).get_stories_for_task(gid, {}):
        yield "stories", story["gid"]
    if task["num_subtasks"]:
        for below in asana.TasksApi(client).get_subtasks_for_task(gid, {"opt_fields": FIELDS}):
            yield from of_task(client, below)


if __name__ == "__main__":
    for record in records(connected(sys.argv[1])):
        sys.stdout.write(json.dumps(record) + "\n")
