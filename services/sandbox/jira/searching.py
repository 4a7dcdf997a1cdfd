"""Searches: which issues a query finds, and the pages of what was found, that a token or an offset leads to."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

from services.sandbox.jira.jql.fields import View
from services.sandbox.jira.jql.parsing import JqlError, Query, parse
from services.sandbox.jira.jql.running import MINUTE, ordered
from services.sandbox.jira.records import Stored
from services.sandbox.jira.values import Refused

if TYPE_CHECKING:
    from services.sandbox.jira.site import JiraSite

KEPT: Final = 200
LIVES_MS: Final = timedelta(days=7) // timedelta(milliseconds=1)
UNBOUNDED: Final = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
BAD_TOKEN: Final = "The provided next page token is invalid or has expired."  # noqa: S105 -- no secret


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found when it was first run (at `made`, epoch ms): ids in order."""

    jql: str
    ids: Sequence[str]
    made: int


class Searches:
    """The searches of a site; the newest few hundred can be paged on in, for seven days."""

    def __init__(self, site: "JiraSite") -> None:
        self._site = site
        self._kept: OrderedDict[str, Found] = OrderedDict()
        self._ids = count(1)
        self._newest: tuple[object, list[str]] = (None, [])

    def run(self, jql: str, reconcile: frozenset[str] = frozenset()) -> list[str]:
        """Return the ids of all issues that a query finds, in its order; raises `Refused`."""
        try:
            return self._run(parse(jql), reconcile)
        except JqlError as error:
            raise Refused(400, str(error)) from error

    def run_again(self, jql: str) -> list[str]:
        """Return what `run` does; a client that pages by offset asks for the same again and again."""
        site = self._site
        asked = (jql, site.store.revision, frozenset(site.known.hidden), site.at() // MINUTE)
        if self._newest[0] != asked or site.store.past:
            self._newest = (asked, self.run(jql))
        return self._newest[1]

    def check(self, jql: str) -> None:
        """Refuse a query that cannot be run."""
        try:
            self._site.query_site().test(parse(jql).where)
        except JqlError as error:
            raise Refused(400, str(error)) from error

    def bounded(self, jql: str) -> None:
        """Refuse a query that restricts nothing."""
        try:
            where = parse(jql).where
        except JqlError as error:
            raise Refused(400, str(error)) from error
        if where is None:
            raise Refused(400, UNBOUNDED)

    def _run(self, query: Query, reconcile: frozenset[str]) -> list[str]:
        site = self._site.query_site()
        store, now = site.store, self._site.at()
        test = site.test(query.where)
        store.order.sweep(store.issues)
        found: list[tuple[Stored, View]] = []
        for id_ in dict.fromkeys((*site.candidates(query.where), *store.past)):
            issue = store.issues.get(id_) if id_ in reconcile else store.indexed(id_, now)
            if issue is not None and issue.project not in site.known.hidden:
                view = View(issue, store, site.known)
                if test(view):
                    found.append((issue, view))
        return [issue.id for issue in ordered(found, query)]

    def start(self, jql: str, ids: Sequence[str]) -> str:
        """Keep what was found; returns what `page` knows it by."""
        name = f"{next(self._ids)}"
        self._kept[name] = Found(jql, ids, self._site.at())
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return name

    def resume(self, token: str, jql: str | None) -> tuple[str, int, Found]:
        """Return the search that a token is of, and the place to go on at; raises `Refused`."""
        try:
            name, _, offset = urlsafe_b64decode(token.encode()).decode().partition(":")
            found, start = self._kept[name], int(offset)
        except (KeyError, ValueError) as error:
            raise Refused(400, BAD_TOKEN) from error
        if found.made + LIVES_MS < self._site.at() or (jql is not None and jql != found.jql):
            raise Refused(400, BAD_TOKEN)
        return name, start, found

    @staticmethod
    def token(name: str, offset: int) -> str:
        """Return the token of the page that starts there."""
        return urlsafe_b64encode(f"{name}:{offset}".encode()).decode()
