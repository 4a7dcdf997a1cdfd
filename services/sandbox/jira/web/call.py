"""One request to the API and its answers: what was asked for, read once, and JSON in Jira's envelopes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from services.sandbox.jira.records import Json, Stored
from services.sandbox.jira.site import JiraSite
from services.sandbox.jira.values import Refused

JSON_TYPE = "application/json;charset=UTF-8"


@dataclass
class Call:
    """A request. `version` is the API's (2 or 3), `raw` the body's bytes, `is_app` whether a bearer token came."""

    site: JiraSite
    version: int
    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw: bytes
    url: str = ""
    is_app: bool = False
    lists: Callable[[str], list[str]] = field(default=lambda _: [])

    @cached_property
    def body(self) -> Json:
        """The body as an object; raises `Refused` where it is none."""
        try:
            read = orjson.loads(self.raw or b"{}")
        except orjson.JSONDecodeError as error:
            raise Refused(400, "There was an error parsing JSON. Check that your request body is valid.") from error
        if not isinstance(read, dict):
            raise Refused(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        return read

    @property
    def by(self) -> Json:
        """Whose token it is."""
        return self.site.known.account

    def number(self, name: str, default: int, most: int | None = None) -> int:
        """Return a number of the query, not below 0."""
        value = self.query.get(name)
        try:
            found = default if value is None else int(value)
        except ValueError as error:
            raise Refused(400, f"The value '{value}' of '{name}' is no number.") from error
        return max(0, found if most is None else min(found, most))

    def issue(self, name: str = "issue") -> Stored:
        """Return the issue that the path names."""
        return self.site.visible(self.path[name])

    def link(self, path: str) -> str:
        """Return an address under the API's version that was called."""
        return f"{self.site.base_url}/rest/api/{self.version}/{path}"

    def offset_page(self, values: Sequence[Any], default: int = 50, most: int | None = None) -> Response:
        """Answer a page of `values`, with total and whether it is the last."""
        start, size = self.number("startAt", 0), self.number("maxResults", default, most)
        page = values[start : start + size]
        is_last = start + len(page) >= len(values)
        answer: Json = {"self": f"{self.site.base_url}{self.url}", "maxResults": size, "startAt": start}
        if not is_last:
            query = urlencode({**self.query, "startAt": start + size, "maxResults": size})
            answer["nextPage"] = f"{self.site.base_url}{self.url}?{query}"
        return ok({**answer, "total": len(values), "isLast": is_last, "values": page})


def ok(content: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(content), status, media_type=JSON_TYPE)


def raw_json(parts: Iterable[bytes]) -> Response:
    """Answer with JSON that is made already."""
    return Response(b"".join(parts), media_type=JSON_TYPE)


def nothing(status: int = 204) -> Response:
    """Answer without a body."""
    return Response(status_code=status)


def refusal(status: int, *messages: str, fields: Mapping[str, str] | None = None) -> Response:
    """Answer as Jira refuses."""
    return ok({"errorMessages": list(messages), "errors": dict(fields or {})}, status)


Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Path:
    """A path of the API under its version, and what answers each method there. `kinds` says where it is."""

    path: str
    methods: Mapping[str, Handler]
    on_cloud: bool = True
    on_datacenter: bool = True
