"""What an Asana workspace says of itself for `leeway init`: custom fields, sections, portfolios."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import asana

from services.connectors.asana.calling import Caller, Json
from services.connectors.asana.opening import PROJECTS
from services.connectors.catalogue import FieldFound, Gathering, GatheringKind, SiteCatalogue, StatusFound
from services.connectors.reading import identity, mapping, sequence, text, texts
from services.connectors.refusals import Denied, Refused
from services.connectors.times import day_of
from services.connectors.tracker import Scope

CUSTOM_FIELDS: Final = "read its custom fields"
PORTFOLIOS: Final = "read its portfolios"
STATUS: Final = "status"
_FIELD: Final = "custom_field.name,custom_field.resource_subtype,custom_field.enum_options.name"


async def catalogue(caller: Caller, workspace: str, scopes: Sequence[Scope]) -> SiteCatalogue:
    """Return the fields and sections of these projects, and the portfolios that hold them."""
    settings, sections, gatherings = await asyncio.gather(
        asyncio.gather(*(_settings(caller, scope) for scope in scopes)),
        asyncio.gather(*(_sections(caller, scope) for scope in scopes)),
        _gatherings(caller, workspace, scopes),
    )
    fields = {gid: each for rows in settings for each in rows if (gid := identity(each.get("gid")))}
    return SiteCatalogue(
        fields=tuple(_field(gid, each) for gid, each in fields.items()),
        statuses=tuple(_statuses(fields.values(), [row for rows in sections for row in rows])),
        gatherings=gatherings,
    )


async def _seen(reading: Awaitable[list[Json]]) -> list[Json]:
    """Return what the token may see; what it may not is left out."""
    try:
        return await reading
    except (Denied, Refused) as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise
        return []


async def _settings(caller: Caller, scope: Scope) -> list[Mapping[str, Any]]:
    method: Callable[..., Any] = caller.api(asana.CustomFieldSettingsApi).get_custom_field_settings_for_project
    rows = await _seen(caller.rows(CUSTOM_FIELDS, method, scope.id, {"opt_fields": _FIELD}))
    return [mapping(row.get("custom_field")) for row in rows]


async def _sections(caller: Caller, scope: Scope) -> list[Json]:
    method: Callable[..., Any] = caller.api(asana.SectionsApi).get_sections_for_project
    return await _seen(caller.rows(PROJECTS, method, scope.id, {"opt_fields": "name"}))


def _field(gid: str, raw: Mapping[str, Any]) -> FieldFound:
    name, kind = text(raw.get("name"), 200) or gid, text(raw.get("resource_subtype"), 50)
    return FieldFound(gid, name, kind, texts(raw.get("enum_options"), "name"))


def _statuses(fields: Iterable[Mapping[str, Any]], sections: Iterable[Json]) -> Iterable[StatusFound]:
    """Give the sections, and the values of fields that are named Status; the same name once."""
    options = [option for each in fields if (text(each.get("name")) or "").casefold() == STATUS
               for option in sequence(each.get("enum_options"))]  # fmt: skip
    found: dict[str, StatusFound] = {}
    for raw in map(mapping, (*sections, *options)):
        gid, name = identity(raw.get("gid")), text(raw.get("name"), 200)
        if gid is not None and name is not None:
            found.setdefault(name.casefold(), StatusFound(gid, name))
    return found.values()


async def _gatherings(caller: Caller, workspace: str, scopes: Sequence[Scope]) -> tuple[Gathering, ...]:
    """Return the portfolios that the account owns; Asana lists no others to a person's token."""
    api = caller.api(asana.PortfoliosApi)
    options = {"owner": "me", "opt_fields": "name,owner.name,due_on"}
    rows = await _seen(caller.rows(PORTFOLIOS, api.get_portfolios, workspace, options))
    options = {"opt_fields": "name"}
    known = [(gid, row) for row in rows if (gid := identity(row.get("gid")))]
    items = await asyncio.gather(
        *(_seen(caller.rows(PORTFOLIOS, api.get_items_for_portfolio, gid, options)) for gid, _ in known)
    )
    here = {scope.id: scope.name for scope in scopes}
    return tuple(
        Gathering(
            GatheringKind.PORTFOLIO,
            gid,
            text(row.get("name"), 200) or gid,
            projects=tuple(here[home] for item in inside if (home := identity(item.get("gid"))) in here),
            owner=text(mapping(row.get("owner")).get("name"), 200),
            due_on=day_of(row.get("due_on")),
        )
        for (gid, row), inside in zip(known, items, strict=True)
    )
