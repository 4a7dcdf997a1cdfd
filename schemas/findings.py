"""What the detector holds to be true now, and how that changed."""

from enum import StrEnum
from typing import Any

from schemas.base import Contract, Identifier, Instant, Revision, SubjectRef


class Severity(StrEnum):
    """How much it matters, rising."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class FindingState(StrEnum):
    """Open, resolved, or unknown: its input is missing, so it neither clears nor counts."""

    OPEN = "open"
    UNKNOWN = "unknown"
    RESOLVED = "resolved"


class FindingTransition(StrEnum):
    """What happened to the finding."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"


class Subject(Contract):
    """What a finding is about; `key` and `url` are none for a team or an objective."""

    ref: SubjectRef
    key: str | None = None
    title: str
    url: str | None = None


class Evidence(Contract):
    """One fact behind the finding: what (a word such as `last-touch`), of which subject, when, and its value."""

    fact: str
    ref: SubjectRef | None = None
    at: Instant | None = None
    value: Any = None


class Finding(Contract):
    """A finding with everything that a reader needs to show or route it.

    `title`, `why` and `question` are written at `as_of`; day counts in them grow without the finding being updated.
    A `shadow` finding comes from a rule that is being tried out: it is recorded, and nobody is told.
    `fingerprint`: first 16 hex digits of sha256 of the rule, a line feed, and the subject refs joined by line feeds.
    """

    fingerprint: str
    rule: str
    severity: Severity
    state: FindingState = FindingState.OPEN
    shadow: bool = False
    subjects: tuple[Subject, ...]
    team: Identifier | None = None
    team_name: str | None = None
    objective: Identifier | None = None
    objective_title: str | None = None
    bet: Identifier | None = None
    owner: str | None = None
    lead: str | None = None
    labels: tuple[str, ...] = ()
    since: Instant
    title: str
    why: str
    question: str
    clears_when: str
    evidence: tuple[Evidence, ...] = ()
    strategy_version: int
    opened_at: Instant
    resolved_at: Instant | None = None
    resolved_because: str | None = None
    as_of: Instant


class FindingChanged(Contract):
    """A finding opened, was updated or resolved. `flow` names the load that brought it, if one did."""

    finding: Finding
    transition: FindingTransition
    revision: Revision
    flow: str | None = None
