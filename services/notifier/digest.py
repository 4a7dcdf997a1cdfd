"""The opening digest: what already stood when a connection was first read, told once and together.

    {"type": "digest.opened", "timestamp": "2026-06-15T12:00:00Z",
     "data": {"digest": {"id": "opening-...", "connection": "acme"},
              "total": 213, "severities": {"high": 9, ...}, "rules": {"stalled-dependency": 12, ...},
              "findings": [{...}, ...], "left_out": {"findings": 193}}}

`findings` are the heaviest, then the oldest, without their evidence; the others are found at `/findings` and on the
topic. Bodies stay under the same size as every notification's.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from schemas.base import Contract, Instant
from schemas.findings import Finding, Severity
from schemas.marks import OPENING_FLOW
from services.notifier.message import LONGEST_BODY

_HEAVIEST: Final = tuple(reversed(Severity))
_TEXT: Final = 300
SHOWN: Final = (20, 10, 5, 3, 1, 0)
"""So many findings, then ever fewer, until the body is short enough; a digest of none always is."""


class DigestTold(Contract):
    """Which digest it is. `id` is the same on every retry and in a repeated run."""

    id: str
    connection: str


class FindingTold(Contract):
    """A finding in short."""

    fingerprint: str
    rule: str
    severity: Severity
    title: str
    why: str
    question: str
    team: str | None = None
    team_name: str | None = None
    objective: str | None = None
    objective_title: str | None = None
    owner: str | None = None
    url: str | None = None
    since: Instant


class Standing(Contract):
    """What stands, counted and in part shown."""

    digest: DigestTold
    total: int
    severities: dict[str, int] = Field(default_factory=dict)
    rules: dict[str, int] = Field(default_factory=dict)
    findings: tuple[FindingTold, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)


class Digest(Contract):
    """The whole body."""

    type: Literal["digest.opened"] = "digest.opened"
    timestamp: Instant
    data: Standing


def connection_of(flow: str) -> str:
    """Return the connection that a first load (`opening:<connection>:<number>`) belongs to."""
    return flow.removeprefix(OPENING_FLOW).rpartition(":")[0]


def digest_id(flow: str) -> str:
    """Return the digest's id; it stands where an alert's id stands for other notifications."""
    return flow.replace(":", "-")


def digest_body(flow: str, findings: Sequence[Finding], at: datetime) -> str:
    """Return the JSON body: with as many of the findings as are short enough."""
    ordered = sorted(findings, key=lambda one: (_HEAVIEST.index(one.severity), one.since, one.fingerprint))
    told = DigestTold(id=digest_id(flow), connection=connection_of(flow))
    severities = Counter(str(one.severity) for one in ordered)
    rules = Counter(one.rule for one in ordered)
    body = ""
    for most in SHOWN:
        left = len(ordered) - most
        standing = Standing(
            digest=told,
            total=len(ordered),
            severities=dict(severities),
            rules=dict(sorted(rules.items())),
            findings=tuple(map(_in_short, ordered[:most])),
            left_out={"findings": left} if left > 0 else {},
        )
        body = Digest(timestamp=at, data=standing).model_dump_json(exclude_none=True)
        if len(body.encode()) <= LONGEST_BODY:
            break
    return body


def _in_short(finding: Finding) -> FindingTold:
    return FindingTold(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        severity=finding.severity,
        title=_cut(finding.title),
        why=_cut(finding.why),
        question=_cut(finding.question),
        team=finding.team,
        team_name=finding.team_name,
        objective=finding.objective,
        objective_title=_cut(finding.objective_title) if finding.objective_title else None,
        owner=finding.owner,
        url=next((subject.url for subject in finding.subjects if subject.url), None),
        since=finding.since,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
