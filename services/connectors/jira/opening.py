"""Opening a Jira site: is it the kind that was said, who are we there, what may we do, what are its fields called.

Promise: whatever is set up wrongly is told in one sentence with its remedy, before the first item is read.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final

from services.connectors.jira.calling import Asked, Calls, objects
from services.connectors.jira.hierarchy import EPIC_LINK_SCHEMA
from services.connectors.jira.life import told_category
from services.connectors.mapped import MappingOptions
from services.connectors.options import base_options
from services.connectors.reading import mapping, text
from services.connectors.refusals import Denied, Refused
from services.connectors.tracker import Raw, Scope, SiteFacts
from services.connectors.transport import clock_off
from services.runtime.connections import JiraConnection, JiraKind
from services.runtime.errors import Misconfigured, Transient

FIELDS: Final = (
    *("summary", "issuetype", "project", "status", "resolution", "resolutiondate", "created", "updated", "duedate"),
    *("assignee", "reporter", "creator", "priority", "labels", "components", "fixVersions", "issuelinks", "parent"),
    *("subtasks", "comment", "description", "environment", "archiveddate"),
)
"""What the mapping reads. Never `*all`: a grown site has hundreds of fields, and the default is the id alone."""

_SPRINT_SCHEMA: Final = "com.pyxis.greenhopper.jira:gh-sprint"
_TEAM_SCHEMAS: Final = frozenset(
    {
        "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team",
        "com.atlassian.teams:rm-teams-custom-field-team",
    }
)
_START_NAMES: Final = frozenset({"start date", "target start"})
_ESTIMATE_NAMES: Final = frozenset({"story points", "story point estimate"})
_FLAGGED_NAMES: Final = frozenset({"flagged"})
_CLOSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Site:
    """What opening has taught: `fields` are those to ask for, `names` what people call the custom ones among them."""

    facts: SiteFacts
    options: MappingOptions
    fields: tuple[str, ...]
    names: Mapping[str, str]


async def open_site(calls: Calls) -> Site:
    """Check the site from the outside in, and learn what the mapping has to know."""
    server = await _server(calls)
    account, name = await _myself(calls)
    missing, fields, statuses = await asyncio.gather(
        _missing(calls),
        calls.ask("list its fields", lambda jira: objects(jira.fields())),
        calls.ask("list its statuses", lambda jira: objects([status.raw for status in jira.statuses()])),
    )
    kind = calls.settings.kind.value
    facts = SiteFacts(account, name, kind, server.version, server.clock_off, missing)
    site = _learned(calls.settings, facts, fields, statuses)
    if server.address is None:
        return site
    # We may reach the site by another way than its people, who follow the links of findings.
    return replace(site, options=replace(site.options, base_url=server.address))


@dataclass(frozen=True, slots=True)
class _Server:
    """What a site says of its server: `address` is the one that its people know."""

    version: str | None
    clock_off: float | None
    address: str | None


async def _server(calls: Calls) -> _Server:
    """Return what the server says. Both kinds answer at version 2, also to nobody in particular."""
    asked = Asked("GET", "/rest/api/2/serverInfo", "tell its version")
    before = calls.clock.wall()
    try:
        answer = await calls.read(asked)
    except Denied as error:
        await _check_kind_as_nobody(calls, asked)
        raise error from None
    except Refused as error:
        raise Misconfigured(f"There is no Jira at {calls.base} (it answers {error.status}): check `url`.") from None
    told = mapping(answer.json)
    _check_kind(calls.settings, told)
    middle = before + (calls.clock.wall() - before) / 2
    address = text(told.get("baseUrl"), 500)
    known = address.rstrip("/") if address and address.startswith(("https://", "http://")) else None
    return _Server(text(told.get("version"), 50), clock_off(answer.headers, middle), known)


async def _check_kind_as_nobody(calls: Calls, asked: Asked) -> None:
    """Find out whether a refused token was only shown in the wrong way, because the site is of the other kind."""
    try:
        answer = await calls.read(asked, anonymous=True)
    except (Denied, Refused, Misconfigured, Transient):
        return
    _check_kind(calls.settings, mapping(answer.json))


def _check_kind(settings: JiraConnection, told: Mapping[str, Any]) -> None:
    deployment = text(told.get("deploymentType"), 50)
    if deployment is None and not told.get("versionNumbers"):
        raise Misconfigured(f"What answers at {settings.url} is no Jira: check `url`.")
    is_cloud = deployment == "Cloud"
    if is_cloud and settings.kind is JiraKind.DATACENTER:
        raise Misconfigured(
            f"Jira at {settings.url} is Cloud, no Data Center: set `kind: cloud`, `user` to the "
            "account's e-mail address, and give an API token."
        )
    if not is_cloud and settings.kind is JiraKind.CLOUD:
        raise Misconfigured(
            f"Jira at {settings.url} is a Data Center, not Cloud: set `kind: datacenter`, leave out "
            "`user` and `cloud_id`, and give a personal access token."
        )


async def _myself(calls: Calls) -> tuple[str, str]:
    [me] = await calls.ask("say who we are", lambda jira: objects([jira.myself()]))
    account = text(me.get("accountId")) or text(me.get("key")) or text(me.get("name"))
    if account is None:
        raise Transient(f"{calls.who} did not say whose token this is.")
    return account, text(me.get("displayName"), 200) or account


async def _missing(calls: Calls) -> tuple[str, ...]:
    """Return what the token may not do of what is configured; a site that does not tell is no reason to stop."""
    wanted = _wanted(calls.settings)
    asked = Asked("GET", "mypermissions", "tell its permissions", {"permissions": ",".join(wanted)})
    try:
        told = mapping(mapping((await calls.read(asked)).json).get("permissions"))
    except (Denied, Refused):
        return ()
    return tuple(why for name, why in wanted.items() if mapping(told.get(name)).get("havePermission") is False)


def _wanted(settings: JiraConnection) -> dict[str, str]:
    wanted = {"BROWSE_PROJECTS": "Browse projects is missing: no item can be read."}
    if settings.comments.enabled:
        wanted["ADD_COMMENTS"] = "Add comments is missing: Leeway cannot leave comments."
    if settings.webhooks is not None and settings.webhooks.register_:
        wanted["ADMINISTER"] = "Administer Jira is missing: webhooks have to be created by hand."
    return wanted


def _learned(
    settings: JiraConnection, facts: SiteFacts, fields: Sequence[Mapping[str, Any]], statuses: Iterable[Raw]
) -> Site:
    """Add what the site says to what was configured; what was configured wins."""
    base = base_options(settings)
    sites = {text(each.get("id")) or "": told_category(each) for each in statuses}
    known = {id_: category for id_, category in sites.items() if category is not None}
    options = replace(
        base,
        leeway_account=facts.account,
        status_categories={**known, **base.status_categories},
        epic_link_fields=base.epic_link_fields | _with_schema(fields, {EPIC_LINK_SCHEMA}),
        start_fields=base.start_fields or _named(fields, _START_NAMES),
        estimate_fields=base.estimate_fields or _named(fields, _ESTIMATE_NAMES),
        flagged_fields=base.flagged_fields or _named(fields, _FLAGGED_NAMES),
        custom_fields=base.custom_fields or _with_schema(fields, _TEAM_SCHEMAS),
    )
    named = {id_: name for each in fields if (id_ := text(each.get("id"))) and (name := text(each.get("name"), 200))}
    asked = _asked(options, named) | _with_schema(fields, {_SPRINT_SCHEMA})
    return Site(facts, options, (*FIELDS, *sorted(asked)), {id_: named[id_] for id_ in sorted(asked) if id_ in named})


def _asked(options: MappingOptions, named: Mapping[str, str]) -> frozenset[str]:
    """Return the ids of the custom fields to ask for; those that people choose may be chosen by name."""
    chosen = {id_ for id_, name in named.items() if options.custom_fields & {id_, name}}
    roles = options.epic_link_fields | options.start_fields | options.estimate_fields | options.flagged_fields
    return frozenset(chosen) | {id_ for id_ in roles if not named or id_ in named}


def _with_schema(fields: Iterable[Mapping[str, Any]], schemas: Iterable[str]) -> frozenset[str]:
    """Return the fields made of these; a schema is the same in every language."""
    wanted = frozenset(schemas)
    return frozenset(str(each.get("id")) for each in fields if mapping(each.get("schema")).get("custom") in wanted)


def _named(fields: Iterable[Mapping[str, Any]], names: frozenset[str]) -> frozenset[str]:
    """Return the custom fields of these names, in English where the site tells it."""
    return frozenset(
        str(each.get("id"))
        for each in fields
        if each.get("custom") is not False
        and names & {str(each.get(name) or "").casefold() for name in ("untranslatedName", "name")}
    )


async def all_scopes(calls: Calls) -> tuple[Scope, ...]:
    """Return the projects that the token can see, by key."""
    raws = await calls.ask("list its projects", lambda jira: objects([project.raw for project in jira.projects()]))
    return tuple(sorted(map(_scope, raws), key=lambda scope: scope.key or ""))


def _scope(raw: Mapping[str, Any]) -> Scope:
    id_ = str(raw.get("id"))
    key = text(raw.get("key"), 200)
    return Scope(id_, text(raw.get("name"), 200) or key or id_, key)


async def find_scopes(calls: Calls) -> tuple[Scope, ...]:
    """Return the projects to read: those configured, by key, id or name, else all."""
    seen, wanted = await all_scopes(calls), calls.settings.projects
    if not seen:
        raise Misconfigured(f"{calls.who} shows the token no project. {calls.remedies.forbidden['']}")
    return tuple(dict.fromkeys(_named_scope(name, seen, calls.who) for name in wanted)) or seen


def _named_scope(name: str, seen: Sequence[Scope], who: str) -> Scope:
    for scope in seen:
        if name in (scope.id, scope.name) or name.casefold() == (scope.key or "").casefold():
            return scope
    raise Misconfigured(f"{who} shows the token no project {name}. {_nearest(name, seen)}")


def _nearest(name: str, seen: Sequence[Scope]) -> str:
    """Say which project was perhaps meant, by key or by name."""
    called = {word.casefold(): scope for scope in seen for word in (scope.name, scope.key or scope.name)}
    close = get_close_matches(name.casefold(), called, n=3, cutoff=_CLOSE)
    nearest = list(dict.fromkeys(called[word].key or called[word].name for word in close))
    if nearest:
        return f"Nearest: {', '.join(nearest)}. Correct `projects`, or let the account browse it."
    return f"There are {', '.join(scope.key or scope.name for scope in seen[:10])}. Correct `projects`."
