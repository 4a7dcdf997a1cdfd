"""Issues by id, whole: with all of their history and all of their comments, however the site cuts them.

Promise: each issue that was asked for is there, or is gone with the reason as far as Jira tells one.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from schemas.work_items import Absence
from services.connectors.jira.calling import Asked, Calls
from services.connectors.jira.opening import Site, all_scopes
from services.connectors.jira.versions import id_of
from services.connectors.reading import mapping, sequence, text
from services.connectors.refusals import Denied, Refused
from services.connectors.tracker import Fetched, Gone, Raw
from services.runtime.errors import Transient

HISTORIES: Final = 5_000
"""Histories in an answer of the bulk endpoint; it would give 10,000 and takes long for them."""
COMMENTS: Final = 100
_DENIED: Final = 403
_ABSENT: Final = frozenset({404, 410, _DENIED})
_REMOTE_LINK: Final = "RemoteIssueLink"
_KNOWN_EPICS: Final = 10_000


class Fetching:
    """Reads issues by id, and completes those that a listing gave."""

    def __init__(self, calls: Calls, site: Site) -> None:
        self._calls = calls
        self._site = site
        self._epics: dict[str, str] = {}

    async def fetch(self, ids: Sequence[str], inside: frozenset[str] | None) -> Fetched:
        """Return the issues, or why they are not there; one outside the projects `inside` has moved away."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_.isdecimal()]
        many = await self._at_once(wanted) if len(wanted) > 1 else ()
        came = {id_of(raw): raw for raw in many}
        alone = await asyncio.gather(*(self._alone(id_) for id_ in wanted if id_ not in came))
        came |= {id_of(raw): raw for raw in alone if not isinstance(raw, Gone)}
        gone = [one for one in alone if isinstance(one, Gone)]
        gone += [Gone(id_, Absence.UNREACHABLE) for id_ in dict.fromkeys(ids) if not id_.isdecimal()]
        gone += [Gone(id_, why) for id_, raw in came.items() if (why := _absence(raw, inside))]
        away = {one.id for one in gone}
        return Fetched(await self.completed([raw for id_, raw in came.items() if id_ not in away]), tuple(gone))

    async def _at_once(self, ids: Sequence[str]) -> Sequence[Raw]:
        """Return those that come in one call: of the others none is told, or on Data Center none comes at all."""
        answer = await (self._in_bulk(ids) if self._calls.is_cloud else self._searched(ids))
        if not isinstance(answer, dict) or not isinstance(answer.get("issues"), list):
            raise Transient(f"{self._calls.who} answered with something that is no list of issues.")
        asked = frozenset(ids)
        return [raw for raw in answer["issues"] if isinstance(raw, dict) and id_of(raw) in asked]

    async def _in_bulk(self, ids: Sequence[str]) -> Any:
        body = {"issueIdsOrKeys": list(ids), "fields": list(self._site.fields)}
        return (await self._calls.read(Asked("POST", "issue/bulkfetch", "read issues", body=body))).json

    async def _searched(self, ids: Sequence[str]) -> Any:
        """Search by id, which is refused as a whole where one id is not there."""
        jql, fields, size = f"id in ({', '.join(ids)})", list(self._site.fields), len(ids)
        try:
            return await self._calls.ask(
                "read issues",
                lambda jira: jira.search_issues(jql, 0, size, fields=fields, expand="changelog", json_result=True),
            )
        except Refused:
            return {"issues": []}

    async def _alone(self, id_: str) -> Raw | Gone:
        """Return one issue with as much history as fits; of a missing one Jira does not say why it is missing."""
        params = {"fields": ",".join(self._site.fields), "expand": "changelog"}
        found = await self._perhaps(Asked("GET", f"issue/{id_}", "read an issue", params))
        if found is None:
            return Gone(id_, Absence.UNREACHABLE)
        if not found.get("id"):
            raise Transient(f"{self._calls.who} answered with something that is no issue.")
        raw: Raw = found
        return raw

    async def _perhaps(self, asked: Asked) -> Any:
        """Return the JSON of something that may not be there, or none; a no is believed when it is said twice."""
        for is_last in (False, True):
            try:
                return (await self._calls.read(asked)).json
            except (Refused, Denied) as error:
                if error.status not in _ABSENT:
                    raise
                if is_last and error.status == _DENIED:
                    await all_scopes(self._calls)  # raises where it is not this issue that is denied, but all of them
        return None

    async def completed(self, issues: Iterable[Raw]) -> tuple[Raw, ...]:
        """Return the issues with all that their mapping reads; nothing is asked for that came already."""
        whole = tuple(issues)
        await asyncio.gather(
            self._add_histories([raw for raw in whole if not _has_history(raw)]),
            *(self._add_comments(raw) for raw in whole if _lacks_comments(raw)),
            *(self._add_epic(raw, key) for raw in whole if (key := self._epic_key(raw))),
        )
        await asyncio.gather(*(self._add_remote_links(raw) for raw in whole if _has_remote_links(raw)))
        for raw in whole:
            raw["names"] = self._site.names
        return whole

    async def _add_histories(self, issues: Sequence[Raw]) -> None:
        """Read the whole changelogs: those inside other answers are cut at 40 or 100 histories without a word."""
        if not issues:
            return
        if self._calls.is_cloud:
            told = await self._bulk_histories([id_of(raw) for raw in issues])
        else:
            each = await asyncio.gather(*(self._paged_histories(raw) for raw in issues))
            told = {id_of(raw): histories for raw, histories in zip(issues, each, strict=True) if histories is not None}
        for raw in issues:
            if self._calls.is_cloud or id_of(raw) in told:
                raw["changelog"] = _whole(told.get(id_of(raw), {}))

    async def _bulk_histories(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the histories by issue and by their own id; one issue's may be spread over pages."""
        told: dict[str, dict[str, Any]] = {}
        token, seen = None, set[str]()
        while True:
            body: dict[str, Any] = {"issueIdsOrKeys": list(ids), "maxResults": HISTORIES}
            if token is not None:
                body["nextPageToken"] = token
            asked = Asked("POST", "changelog/bulkfetch", "read changelogs", body=body)
            answer = mapping((await self._calls.read(asked)).json)
            if not isinstance(answer.get("issueChangeLogs"), list):
                raise Transient(f"{self._calls.who} answered with something that is no list of changelogs.")
            for one in map(mapping, answer["issueChangeLogs"]):
                _gather(one.get("changeHistories"), told.setdefault(str(one.get("issueId")), {}))
            token = text(answer.get("nextPageToken"), 10_000)
            if token is None or token in seen:
                return told
            seen.add(token)

    async def _paged_histories(self, raw: Raw) -> dict[str, Any] | None:
        """Return the histories of one issue by pages, which newer Data Centers have; none where there are no pages."""
        told: dict[str, Any] = {}
        while True:
            asked = Asked("GET", f"issue/{id_of(raw)}/changelog", "read a changelog", {"startAt": len(told)})
            try:
                answer = mapping((await self._calls.read(asked)).json)
            except Refused:
                return None
            before = len(told)
            _gather(answer.get("values") or answer.get("histories"), told)
            if len(told) == before or len(told) >= _number(answer.get("total")):
                return told

    async def _add_comments(self, raw: Raw) -> None:
        """Read the comments beyond those that came with the issue."""
        field = raw["fields"]["comment"]
        total, told = _number(field.get("total")), dict[str, Any]()
        while len(told) < total:
            page = await self._comments(id_of(raw), len(told))
            before = len(told)
            _gather(page, told)
            if len(told) == before:
                break
        field.update(comments=list(told.values()), total=len(told), maxResults=len(told), startAt=0)

    async def _comments(self, id_: str, start: int) -> list[Raw]:
        try:
            return await self._calls.ask(
                "read comments",
                lambda jira: [
                    one.raw for one in jira.comments(id_, start_at=start, max_results=COMMENTS, order_by="created")
                ],
            )
        except Refused as error:
            raise Transient(f"An issue of {self._calls.who} went away while it was read ({error.status}).") from None

    def _epic_key(self, raw: Raw) -> str | None:
        """Return the key in the Epic Link field, where the issue says nothing better of what is above it."""
        fields = mapping(raw.get("fields"))
        if fields.get("parent") or fields.get("epic"):
            return None
        return next(filter(None, (text(fields.get(id_), 200) for id_ in self._site.options.epic_link_fields)), None)

    async def _add_epic(self, raw: Raw, key: str) -> None:
        """Say the epic's id as well: an Epic Link holds the key alone, and keys change."""
        if key not in self._epics:
            epic = await self._perhaps(
                Asked("GET", f"issue/{quote(key, safe='')}", "read an epic", {"fields": "summary"})
            )
            if epic is None:
                return
            if len(self._epics) >= _KNOWN_EPICS:
                self._epics.clear()
            self._epics[key] = id_of(epic)
        raw["fields"]["epic"] = {"id": self._epics[key], "key": key}

    async def _add_remote_links(self, raw: Raw) -> None:
        """Read the remote links of an issue whose history tells of one: they may point to a twin."""
        asked = Asked("GET", f"issue/{id_of(raw)}/remotelink", "read remote links", shape=list)
        found = await self._perhaps(asked)
        if found is not None:
            raw["remotelinks"] = found


def _absence(raw: Raw, inside: frozenset[str] | None) -> Absence | None:
    fields = mapping(raw.get("fields"))
    project = mapping(fields.get("project"))
    if raw.get("archived") is True or fields.get("archiveddate") or project.get("archived") is True:
        return Absence.ARCHIVED
    return Absence.MOVED if inside is not None and str(project.get("id")) not in inside else None


def _has_history(raw: Raw) -> bool:
    """Tell whether all histories came: only a total that is reached says so."""
    log = mapping(raw.get("changelog"))
    total = log.get("total")
    return isinstance(total, int) and isinstance(log.get("histories"), list) and total <= len(log["histories"])


def _lacks_comments(raw: Raw) -> bool:
    field = mapping(mapping(raw.get("fields")).get("comment"))
    return _number(field.get("total")) > len(sequence(field.get("comments")))


def _has_remote_links(raw: Raw) -> bool:
    histories = sequence(mapping(raw.get("changelog")).get("histories"))
    items = (item for history in histories for item in sequence(mapping(history).get("items")))
    return "remotelinks" not in raw and any(mapping(item).get("field") == _REMOTE_LINK for item in items)


def _gather(page: object, into: dict[str, Any]) -> None:
    """Add what has an id of its own, each once."""
    for one in map(mapping, sequence(page)):
        into.setdefault(str(one.get("id")), one)


def _whole(histories: Mapping[str, Any]) -> Raw:
    newest_first = list(histories.values())[::-1]
    return {"startAt": 0, "maxResults": len(newest_first), "total": len(newest_first), "histories": newest_first}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
