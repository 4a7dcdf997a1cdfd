"""The stand-in's web application: Jira's paths, who may call, how often, and refusals in Jira's words."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from services.sandbox.jira.site import JiraSite
from services.sandbox.jira.values import Refused
from services.sandbox.jira.web import agile, changelogs, comments, hooks, issues, metadata, projects, searching, unused
from services.sandbox.jira.web.call import Call, Path, refusal

PATHS: Final[tuple[Path, ...]] = (
    *searching.PATHS, *changelogs.PATHS, *issues.PATHS, *comments.PATHS, *metadata.PATHS, *unused.PATHS, *hooks.PATHS,
    *projects.PATHS,
)  # fmt: skip
OPEN: Final = "/serverInfo"
NEAR: Final = 0.2
WRITES: Final = 20
WRITES_WITHIN: Final = 2.0
Endpoint = Callable[[Request], Awaitable[Response]]


def build_jira(site: JiraSite, *, token: str = "sandbox") -> Starlette:  # noqa: S107 -- of a stand-in without secrets
    """Return the application of a site; any name with this token may call, or the token as bearer."""
    door = Door(site, token)
    versions = (2,) if site.is_datacenter else (3, 2)
    mounts: list[BaseRoute] = [
        Mount(f"/rest/api/{name}", routes=_routes(PATHS, door, version))
        for version in versions
        for name in ((str(version), "latest") if version == versions[-1] else (str(version),))
    ]
    mounts.append(Mount("/rest/webhooks/1.0", routes=_routes(hooks.ADMIN_PATHS, door, 2)))
    mounts.append(Mount("/rest/agile/1.0", routes=_routes(agile.PATHS, door, 2)))
    return Starlette(routes=mounts, exception_handlers={404: _not_found, 405: _not_allowed})


def _routes(paths: Iterable[Path], door: "Door", version: int) -> list[BaseRoute]:
    here = [each for each in paths if (each.on_datacenter if door.site.is_datacenter else each.on_cloud)]
    return [Route(each.path, door.endpoint(each, version), methods=list(each.methods)) for each in here]


async def _not_found(_request: Request, _error: Exception) -> Response:
    return refusal(404, "null for uri")


async def _not_allowed(_request: Request, _error: Exception) -> Response:
    return refusal(405, "Method Not Allowed")


class Door:
    """Lets calls in: checks the token, counts writes to one issue, and puts the limits on each answer."""

    def __init__(self, site: JiraSite, token: str) -> None:
        self.site = site
        self._token = token
        self._writes: dict[str, deque[float]] = {}
        self._calls: deque[float] = deque()

    def endpoint(self, path: Path, version: int) -> Endpoint:
        """Return what answers at a path."""

        async def answer(request: Request) -> Response:
            scheme = self._scheme(request)
            if scheme is None and (path.path != OPEN or "authorization" in request.headers):
                return self._limited(refusal(401, "Client must be authenticated to access this resource."))
            if self._writes_too_often(request):
                return self._limited(_slow_down())
            call = Call(
                self.site, version, request.method, request.path_params, request.query_params, await request.body(),
                request.url.path, scheme == "bearer", request.query_params.getlist,
            )  # fmt: skip
            return self._limited(_answered(path, call))

        return answer

    def _scheme(self, request: Request) -> str | None:
        """Return how a call proves who it is, or none where it does not."""
        scheme, _, proof = request.headers.get("authorization", "").partition(" ")
        scheme = scheme.casefold()
        if scheme == "basic":
            try:
                proof = b64decode(proof).decode().partition(":")[2]
            except (BadBase64, UnicodeDecodeError):
                return None
        return scheme if scheme in {"basic", "bearer"} and proof == self._token else None

    def _writes_too_often(self, request: Request) -> bool:
        issue = request.path_params.get("issue")
        if issue is None or request.method == "GET" or not self.site.limits_writes:
            return False
        found = self.site.store.find(issue)
        times = self._writes.setdefault(found.id if found else issue, deque(maxlen=WRITES))
        now = self.site.elapsed()
        if len(times) == WRITES and now - times[0] < WRITES_WITHIN:
            return True
        times.append(now)
        return False

    def _limited(self, response: Response) -> Response:
        """Say how many more calls this second has room for; an administrator of Data Center sets it per interval."""
        now, limit = self.site.elapsed(), self.site.burst
        self._calls.append(now)
        while self._calls[0] <= now - 1:
            self._calls.popleft()
        remaining = max(0, limit - len(self._calls))
        told = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining)}
        if self.site.is_datacenter:
            told |= {"X-RateLimit-FillRate": str(limit), "X-RateLimit-Interval-Seconds": "1"}
        elif remaining < NEAR * limit:
            told["X-RateLimit-NearLimit"] = "true"
        response.headers.update(told)
        return response


def _slow_down() -> Response:
    response = refusal(429, "Rate limit exceeded.")
    response.headers["Retry-After"] = "2"
    response.headers["RateLimit-Reason"] = "jira-per-issue-on-write"
    return response


def _answered(path: Path, call: Call) -> Response:
    handler = path.methods.get(call.method) or path.methods["GET"]  # HEAD is a GET
    try:
        response = handler(call)
    except Refused as refused:
        return refusal(refused.status, *refused.messages, fields=refused.fields)
    body = call.site.shapes.at_home(bytes(response.body), call.version)
    if len(body) != len(response.body):
        response.body = body
        response.headers["content-length"] = str(len(body))
    return response
