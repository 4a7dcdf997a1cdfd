"""The beginning of `leeway init`: which site is meant, who we are there, and where the token lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from schemas.work_items import Tracker
from services.commands.output import say
from services.commands.questions import Questions
from services.commands.secret_files import keep_secret, variable_of
from services.runtime.configuration import Configuration
from services.runtime.connections import AsanaConnection, JiraConnection, JiraKind
from services.runtime.errors import Misconfigured
from services.runtime.settings import Settings
from services.runtime.wording import phrase

AnyConnection = JiraConnection | AsanaConnection

CLOUD_HOSTS: Final = (".atlassian.net", ".jira.com")
API_TOKEN: Final = "an API token of the account to read as: id.atlassian.com, Security, API tokens"  # noqa: S105
ACCESS_TOKEN: Final = "a personal access token: in Jira, your profile, Personal Access Tokens"  # noqa: S105 -- where it is
ASANA_TOKEN: Final = "a personal access token: app.asana.com/0/my-apps"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say; what they leave out is asked for."""

    config_out: Path
    strategy_out: Path | None
    tracker: Tracker | None = None
    id: str | None = None
    url: str | None = None
    workspace: str | None = None
    kind: JiraKind | None = None
    user: str | None = None
    token_secret: str | None = None
    projects: tuple[str, ...] = ()
    tls_ca: Path | None = None
    proxy: str | None = None
    force: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Described:
    """A connection with its token; `kept_in` is the file that the token was written to, where it was typed."""

    connection: AnyConnection
    token: str
    kept_in: Path | None = None


def describe(ask: Questions, wanted: Wanted, configuration: Configuration, settings: Settings) -> Described:
    """Return the connection that the options and the answers describe.

    What was answered before, and turned out wrong, is offered again in `wanted.before`.
    """
    tracker = wanted.tracker or Tracker(_one_of(ask, "Which tracker?", "--tracker", [one.value for one in Tracker]))
    values = _jira(ask, wanted) if tracker is Tracker.JIRA else _asana(ask, wanted)
    values |= {"tracker": tracker.value, "projects": wanted.projects, "tls_ca": wanted.tls_ca, "proxy": wanted.proxy}
    name = wanted.before.get("id") or _name(values, configuration)
    values["id"] = wanted.id or ask.text("What shall this connection be called?", "--id", name)
    _refuse_taken(ask, wanted, configuration, values["id"])
    values["token"] = wanted.token_secret or values["id"]
    connection = _checked(values)
    return _with_token(ask, wanted, connection, settings)


def _jira(ask: Questions, wanted: Wanted) -> dict[str, Any]:
    url = site_address(wanted.url or ask.text("Address of the Jira site", "--url", wanted.before.get("url")))
    kind = wanted.kind or _kind(ask, url, wanted)
    values: dict[str, Any] = {"url": url, "kind": kind.value, "user": wanted.user}
    if kind is JiraKind.CLOUD and wanted.user is None:
        values["user"] = ask.text("E-mail of the token's account", "--user", wanted.before.get("user"))
    return values


def _asana(ask: Questions, wanted: Wanted) -> dict[str, Any]:
    before = wanted.before.get("workspace")
    workspace = wanted.workspace or ask.text("Name of the Asana workspace", "--workspace", before)
    return {"workspace": workspace} | ({"url": site_address(wanted.url)} if wanted.url else {})


def site_address(text: str) -> str:
    """Return a site's address from what people copy out of the browser: with https, without the page behind it."""
    whole = text if "://" in text else f"https://{text}"
    parts = urlsplit(whole.strip())
    is_cloud = (parts.hostname or "").endswith(CLOUD_HOSTS)
    path = "" if is_cloud else parts.path.partition("/browse/")[0].partition("/secure/")[0].partition("/projects/")[0]
    return f"{parts.scheme}://{parts.netloc}{path}".rstrip("/")


def _kind(ask: Questions, url: str, wanted: Wanted) -> JiraKind:
    if (urlsplit(url).hostname or "").endswith(CLOUD_HOSTS):
        return JiraKind.CLOUD
    likely = JiraKind.CLOUD if wanted.user else JiraKind.DATACENTER
    known, default = [*JiraKind], wanted.before.get("kind", likely.value)
    return JiraKind(_one_of(ask, "Is it Jira Cloud or a Data Center?", "--kind", known, default))


def _one_of(ask: Questions, question: str, option: str, known: Sequence[str], default: str | None = None) -> str:
    while True:
        answer = ask.text(f"{question} ({' or '.join(known)})", option, default).casefold()
        if answer in known:
            return answer
        say(f"Write {' or '.join(known)}.")


def _name(values: Mapping[str, Any], configuration: Configuration) -> str:
    """Return the name of the connection to the same site, or one that is free."""
    taken = {one.id for one in configuration.connections}
    for one in configuration.connections:
        same = one.workspace if isinstance(one, AsanaConnection) else one.url
        if one.tracker == values["tracker"] and same == values.get("workspace", values.get("url")):
            return one.id
    tracker = str(values["tracker"])
    label = (urlsplit(values.get("url", "")).hostname or "").partition(".")[0]
    named = [tracker, *([f"{tracker}-{label}"] if label and not label.isdecimal() else [])]
    numbered = (f"{tracker}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*named, *numbered) if name not in taken)


def _refuse_taken(ask: Questions, wanted: Wanted, configuration: Configuration, name: str) -> None:
    if wanted.force or name not in {one.id for one in configuration.connections}:
        return
    told = f"{wanted.config_out} has a connection `{name}` already"
    if not ask.asks or not ask.yes(f"{told}. Renew it? Its pace, webhooks and comments stay", default=False):
        raise Misconfigured(f"{told}: give --force to renew it, or another --id.")


def _checked(values: dict[str, Any]) -> AnyConnection:
    kind = JiraConnection if values["tracker"] == Tracker.JIRA else AsanaConnection
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the connection"
        raise Misconfigured(f"`{where}` {phrase(first)}.") from None


def _with_token(ask: Questions, wanted: Wanted, connection: AnyConnection, settings: Settings) -> Described:
    name = connection.token
    if wanted.token_secret is not None and not ask.asks:
        return Described(connection, settings.secret(name).get_secret_value())
    try:
        found = settings.secret(name).get_secret_value()
    except Misconfigured:
        if ask.asks:
            say(f"Leeway needs {_page(connection)}.")
        typed = ask.secret("Token (what you type is not shown)", f"it as {variable_of(name)}_FILE")
        return Described(connection, typed, keep_secret(settings.home, name, typed))
    say(f"The token comes from {variable_of(name)}.")
    return Described(connection, found)


def _page(connection: AnyConnection) -> str:
    if isinstance(connection, AsanaConnection):
        return ASANA_TOKEN
    return API_TOKEN if connection.kind is JiraKind.CLOUD else ACCESS_TOKEN
