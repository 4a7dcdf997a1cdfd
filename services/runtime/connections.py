"""The connections of `leeway.yaml`: which sites to read, how to reach them, and how their items are to be read."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.base import Identifier
from schemas.work_items import StatusCategory

_NAME_OF_SECRET: Final = r"^[A-Za-z][A-Za-z0-9._-]{0,60}$"  # noqa: S105 -- the form of a name


def _secret_name(name: str) -> str:
    if not re.match(_NAME_OF_SECRET, name):
        raise ValueError(
            "must be the name of a secret, as in jira-token, never the secret itself: its value is given as "
            "LEEWAY_SECRET_<NAME> or, in a file, as LEEWAY_SECRET_<NAME>_FILE"
        )
    return name


SecretName = Annotated[str, AfterValidator(_secret_name), Field(json_schema_extra={"pattern": _NAME_OF_SECRET})]
"""`ops` means the environment's `LEEWAY_SECRET_OPS`, or the file that `LEEWAY_SECRET_OPS_FILE` names."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _site_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be the site's address, as in https://example.atlassian.net")
    if parts.username or parts.password:
        raise ValueError("must hold no user name and no password: name the account in `user` and the secret in `token`")
    if parts.query or parts.fragment:
        raise ValueError("must end with the host or a path, without ? and #")
    return url.rstrip("/")


def _proxy_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be the proxy's address, as in http://proxy.example.com:3128")
    if parts.username or parts.password:
        raise ValueError("must hold no user name and no password, because this file is no place for secrets")
    return url.rstrip("/")


SiteUrl = Annotated[str, AfterValidator(_site_url)]
ProxyUrl = Annotated[str, AfterValidator(_proxy_url)]


class JiraKind(StrEnum):
    """Which product answers: the two differ in addresses, users, texts and history."""

    CLOUD = "cloud"
    DATACENTER = "datacenter"


class Webhooks(_Closed):
    """Webhooks of a connection. `address` is where the tracker reaches us, as in https://leeway.example.com.

    `secret` names the secret that Jira's webhook signs with (or the client secret of dynamic ones); Asana brings its
    own. With `register` Leeway makes, renews and repairs the webhooks by itself; without, somebody has set them up.
    """

    address: SiteUrl
    secret: SecretName | None = None
    register_: Annotated[bool, Field(alias="register")] = True


class Comments(_Closed):
    """Comments that Leeway may leave on items: off unless switched on, and only in these projects."""

    enabled: bool = False
    projects: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _scoped(self) -> Self:
        if self.enabled and not self.projects:
            raise ValueError("is enabled for no project: name those where Leeway may comment in `projects`")
        return self


class Pace(_Closed):
    """How often a site is asked, and when its data counts as too old."""

    poll_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    overlap_seconds: Annotated[float, Field(ge=0, le=86_400)] = 600.0
    reconcile_hours: Annotated[float, Field(gt=0, le=720)] = 24.0
    data_gap_minutes: Annotated[float, Field(gt=0, le=43_200)] = 60.0
    goals_minutes: Annotated[float, Field(gt=0, le=43_200)] = 60.0
    missing_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    """A census that misses more than this share of the known items (and more than ten) stops and asks."""

    @model_validator(mode="after")
    def _gap_is_longer_than_a_round(self) -> Self:
        if self.data_gap_minutes * 60 <= self.poll_seconds:
            raise ValueError(
                f"calls data too old after {self.data_gap_minutes:g} minutes but asks every {self.poll_seconds:g} "
                "seconds only: raise `data_gap_minutes` or lower `poll_seconds`"
            )
        return self


class Reading(_Closed):
    """How this site's items are read, as `leeway init` found and somebody confirmed it.

    `start`, `estimate`, `flagged`, `team` and `epic_link` are ids of custom fields; `statuses` gives the category of a
    status by its id, where it is to be another than the site's own.
    """

    start: tuple[Name, ...] = ()
    estimate: tuple[Name, ...] = ()
    flagged: tuple[Name, ...] = ()
    team: tuple[Name, ...] = ()
    epic_link: tuple[Name, ...] = ()
    custom_fields: tuple[Name, ...] = ()
    statuses: dict[Name, StatusCategory] = Field(default_factory=dict)
    in_progress_sections: tuple[Name, ...] = ()


class OutwardEnd(StrEnum):
    """What the issue is from which an outward link goes out."""

    BLOCKER = "blocker"
    DEPENDENT = "dependent"


class DependencyLink(_Closed):
    """A Jira link type that is a dependency: its id or its name, and what the end that it goes out from is.

    "A blocks B" goes out from the blocker, "A depends on B" from the dependent.
    """

    type: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    outward_is: OutwardEnd


class _Connection(_Closed):
    id: Identifier
    token: SecretName
    projects: tuple[Name, ...] = ()
    twins: Identifier | None = None
    """The connection that links to the other tracker lead to; the only other one where there is just one."""
    bots: tuple[Name, ...] = ()
    dependency_links: tuple[DependencyLink, ...] | None = None
    """This site's link types that are dependencies; where nothing is said, those of the whole file."""
    reading: Reading = Reading()
    pace: Pace = Pace()
    webhooks: Webhooks | None = None
    comments: Comments = Comments()
    tls_ca: Path | None = None
    proxy: ProxyUrl | None = None


class JiraConnection(_Connection):
    """A Jira site. Cloud: `user` is the account's e-mail and `token` names its API token; `cloud_id` is for scoped
    tokens, which are called at the vendor's gateway. Data Center: `token` names a personal access token.
    """  # noqa: D205

    tracker: Literal["jira"]
    url: SiteUrl
    kind: JiraKind = JiraKind.CLOUD
    user: Name | None = None
    cloud_id: Name | None = None

    @model_validator(mode="after")
    def _user_fits_kind(self) -> Self:
        if self.kind is JiraKind.CLOUD and self.user is None:
            raise ValueError("needs `user`, the e-mail address of the account that the API token belongs to")
        if self.kind is JiraKind.DATACENTER and self.cloud_id is not None:
            raise ValueError("has a `cloud_id`, which only Jira Cloud knows; leave it out")
        return self

    @model_validator(mode="after")
    def _webhooks_are_signed(self) -> Self:
        if self.webhooks is not None and self.webhooks.secret is None:
            raise ValueError("has webhooks without a secret: name in `webhooks.secret` what they sign with")
        return self


class AsanaConnection(_Connection):
    """An Asana workspace; `token` names a personal access token or a service account's."""

    tracker: Literal["asana"]
    workspace: Name
    url: SiteUrl = "https://app.asana.com"
    goals: bool = True


Connection = Annotated[JiraConnection | AsanaConnection, Field(discriminator="tracker")]
