"""One request and its answer: parameters checked, pages cut, records shown as asked, faults in Asana's words."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from services.sandbox.asana.fields import shown
from services.sandbox.asana.records import Record, Shelf, instant, moment_of
from services.sandbox.asana.site import AsanaSite
from services.sandbox.asana.store import Refused

API: Final = "/api/1.0"
MOST: Final = 100
MOST_UNPAGED: Final = 1000
OFFSET_LIVES: Final = timedelta(hours=1)
HELP: Final = (
    "For more information on API status codes and how to handle them, read the docs on errors: "
    "https://developers.asana.com/docs/errors"
)
_SEAL: Final = b"offset"

Keep = Callable[[Record], bool]
Page = Callable[[int, int], tuple[list[Record], int | None]]
"""Returns so many records from a position on, and the position of the next one if there is one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a body that becomes JSON, and headers besides the usual ones."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def fault(status: int, message: str, **more: Any) -> Answer:
    """Return an error in Asana's form; a server's own fault comes with a phrase for its support."""
    error = {"message": message, "help": HELP}
    if status >= 500:  # noqa: PLR2004
        error["phrase"] = "6 sad squid snuggle softly"
    return Answer(status, {**more, "errors": [error]})


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` lies below `/api/1.0`; `gids` are those in it; `data` is the `data` of the body."""

    site: AsanaSite
    method: str
    path: str
    gids: tuple[str, ...]
    query: Mapping[str, str]
    data: Mapping[str, Any]

    @property
    def by(self) -> str:
        """The gid of the token's user."""
        return str(self.site.store.account["gid"])

    @property
    def gid(self) -> str:
        """The gid of what the path is about."""
        return self.gids[0]

    def see(self, kind: str, gid: str | None = None) -> Record:
        """Return a resource, by default the path's own. Raises `Missing`, `Forbidden` or `Refused`."""
        wanted = self.gid if gid is None else gid
        if kind == "user" and wanted == "me":
            return self.site.store.account
        if not wanted.isdecimal():
            raise Refused(f"{kind}: Not a recognized ID: {wanted}")
        return self.site.store.see(kind, wanted)

    def named(self, name: str, kind: str) -> Record:
        """Return the resource that the body names, by gid or as an object. Raises `Refused` where it does not."""
        said = self.data.get(name)
        gid = said.get("gid") if isinstance(said, Mapping) else said
        if not isinstance(gid, str):
            raise Refused(f"{name}: Missing input")
        return self.see(kind, gid)

    def time(self, name: str) -> str | None:
        """Return a moment among the parameters, `now` included, as Asana writes it."""
        said = self.query.get(name)
        if said in {None, ""}:
            return None
        try:
            return instant(self.site.now() if said == "now" else moment_of(str(said).replace(" ", "+")))
        except ValueError:
            raise Refused(f"{name}: Not a valid date/time: {said}") from None

    def one(self, record: Record, status: int = 200) -> Answer:
        """Answer with one record, whole unless fields were asked for."""
        return Answer(status, {"data": shown(record, self.query.get("opt_fields"), whole=True)})

    def many(self, records: Sequence[Record]) -> Answer:
        """Answer with a page of records."""

        def page(position: int, count: int) -> tuple[list[Record], int | None]:
            end = position + count
            return list(records[position:end]), end if end < len(records) else None

        return self.paged(page)

    def shelf(self, shelf: Shelf, keep: Keep | None = None, since: str | None = None) -> Answer:
        """Answer with a page of tasks that the account may see."""
        store = self.site.store
        if store.hidden:
            further, keep = keep, lambda task: store.is_visible(task) and (further is None or further(task))
        return self.paged(lambda position, count: shelf.page(position, count, keep, since))

    def paged(self, page: Page) -> Answer:
        """Answer with a page; without `limit` there is one alone, cut at a thousand."""
        limit, opt_fields = self._limit(), self.query.get("opt_fields")
        records, following = page(self._position(), limit or MOST_UNPAGED)
        body: Record = {"data": [shown(record, opt_fields) for record in records]}
        if limit is not None:
            body["next_page"] = None if following is None else self._next_page(following)
        return Answer(200, body)

    def _limit(self) -> int | None:
        said = self.query.get("limit")
        if said is None:
            return None
        if not said.isdecimal() or not 1 <= int(said) <= MOST:
            raise Refused(f"limit: Must be between 1 and {MOST}, but was {said}")
        return int(said)

    def _position(self) -> int:
        said = self.query.get("offset")
        if said is None:
            return 0
        try:
            sealed = urlsafe_b64decode(said.encode())
            seal, body = sealed[:8], sealed[8:]
            position, path, issued = orjson.loads(body)
        except (BadBase64, ValueError):
            raise Refused("offset: Your pagination token is invalid.") from None
        if not hmac.compare_digest(seal, _sealed(body)) or path != self.path:
            raise Refused("offset: Your pagination token is invalid.")
        if self.site.wall() - datetime.fromisoformat(issued) > OFFSET_LIVES:
            raise Refused("offset: Your pagination token has expired.")
        return int(position)

    def _next_page(self, position: int) -> Record:
        body = orjson.dumps([position, self.path, self.site.wall().isoformat()])
        offset = urlsafe_b64encode(_sealed(body) + body).decode()
        path = f"/{self.path}?{urlencode({**self.query, 'offset': offset})}"
        return {"offset": offset, "path": path, "uri": f"{self.site.base_url}{API}{path}"}


def _sealed(body: bytes) -> bytes:
    return hmac.digest(_SEAL, body, "sha256")[:8]
