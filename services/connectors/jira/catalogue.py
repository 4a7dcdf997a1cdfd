"""What a Jira site says of itself beyond its issues, for `leeway init`: fields, statuses, link types, open epics."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.connectors.catalogue import (
    FieldFound,
    Gathering,
    GatheringKind,
    LinkTypeFound,
    SiteCatalogue,
    StatusFound,
)
from services.connectors.jira.calling import Asked, Calls, objects
from services.connectors.jira.life import told_category
from services.connectors.reading import mapping, sequence, text
from services.connectors.refusals import Refused
from services.connectors.times import day_of
from services.connectors.tracker import Scope

MAX_EPICS: Final = 200
"""So many are drafted from at most: a first strategy is short."""


async def catalogue(calls: Calls, scopes: Sequence[Scope]) -> SiteCatalogue:
    """Return the site's fields, statuses and link types, and the epics of these projects that are not done."""
    fields, statuses, links, epics = await asyncio.gather(
        calls.ask("list its fields", lambda jira: objects(jira.fields())),
        calls.ask("list its statuses", lambda jira: objects([status.raw for status in jira.statuses()])),
        calls.ask("list its link types", lambda jira: objects([kind.raw for kind in jira.issue_link_types()])),
        _epics(calls, scopes),
    )
    return SiteCatalogue(
        fields=tuple(_field(each) for each in fields if each.get("custom") is True),
        statuses=tuple(_status(each) for each in statuses),
        link_types=tuple(_link_type(each) for each in links),
        gatherings=tuple(epic for epic in map(_epic, epics) if epic is not None),
    )


def _field(raw: Mapping[str, Any]) -> FieldFound:
    schema = mapping(raw.get("schema"))
    id_ = str(raw.get("id"))
    return FieldFound(id_, text(raw.get("name"), 200) or id_, text(schema.get("custom")) or text(schema.get("type")))


def _status(raw: Mapping[str, Any]) -> StatusFound:
    id_ = str(raw.get("id"))
    return StatusFound(id_, text(raw.get("name"), 200) or id_, told_category(raw))


def _link_type(raw: Mapping[str, Any]) -> LinkTypeFound:
    name = text(raw.get("name"), 200) or str(raw.get("id"))
    return LinkTypeFound(str(raw.get("id")), name, text(raw.get("inward")) or name, text(raw.get("outward")) or name)


async def _epics(calls: Calls, scopes: Sequence[Scope]) -> Sequence[Any]:
    """Search the open epics; a site whose epics have another name has none that we know of."""
    projects = ", ".join(scope.id for scope in scopes)
    jql = f"project in ({projects}) AND issuetype = Epic AND statusCategory != Done ORDER BY created ASC, key ASC"
    fields = ("summary", "project", "assignee", "duedate", "issuetype")
    try:
        if not scopes:
            return ()
        if calls.is_cloud:
            body = {"jql": jql, "fields": fields, "maxResults": MAX_EPICS}
            answer = (await calls.read(Asked("POST", "search/jql", "search", body=body))).json
        else:
            answer = await calls.ask(
                "search", lambda jira: jira.search_issues(jql, 0, MAX_EPICS, fields=list(fields), json_result=True)
            )
    except Refused:
        return ()
    return sequence(mapping(answer).get("issues"))


def _epic(raw: object) -> Gathering | None:
    issue = mapping(raw)
    fields, key = mapping(issue.get("fields")), text(issue.get("key"), 200)
    if key is None:
        return None
    project = text(mapping(fields.get("project")).get("key"), 200) or key.rpartition("-")[0]
    return Gathering(
        GatheringKind.EPIC,
        str(issue.get("id")),
        text(fields.get("summary")) or key,
        key,
        (project,),
        text(mapping(fields.get("assignee")).get("displayName"), 200),
        day_of(fields.get("duedate")),
    )
