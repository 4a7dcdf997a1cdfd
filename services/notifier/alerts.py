"""What to do with a change of a finding: tell it or not, and why. Pure; the reason is also the metric's label.

Told are: a finding that opens, its severity, team or objective changing, and its end. A change of its evidence alone
is stored for whoever looks, and disturbs nobody. The end of something that nobody heard of is not told. A finding of a
rule that is being tried out (in shadow) is told to nobody; one that was told before its rule went there is withdrawn,
and one that stands when its rule is switched on is told then. What a connection's first load brings is stored too, and
told together when the load has come to its end (see `digest.py`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from schemas.alerts import AlertState
from schemas.findings import Finding, FindingChanged, FindingState, FindingTransition, Severity
from services.notifier.identity import alert_id, content_hash


class Reason(StrEnum):
    """Why a change of a finding is told, or is not."""

    FIRST = "first"
    OPENING = "opening"
    REOPENED = "reopened"
    SEVERITY = "severity"
    TEAM = "team"
    OBJECTIVE = "objective"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    EVIDENCE_ONLY = "evidence-only"
    NOTHING_NEW = "nothing-new"
    CANNOT_TELL = "cannot-tell"
    NEVER_TOLD = "never-told"
    SHADOW = "shadow"
    OLDER_REVISION = "older-revision"


TELLS: Final[dict[Reason, FindingTransition]] = {
    Reason.FIRST: FindingTransition.OPENED,
    Reason.REOPENED: FindingTransition.OPENED,
    Reason.SEVERITY: FindingTransition.UPDATED,
    Reason.TEAM: FindingTransition.UPDATED,
    Reason.OBJECTIVE: FindingTransition.UPDATED,
    Reason.RESOLVED: FindingTransition.RESOLVED,
    Reason.WITHDRAWN: FindingTransition.RESOLVED,
}
"""The reasons that lead to a notification, and what it is a notification of. The others are stored at most."""

IGNORED: Final = frozenset({Reason.OLDER_REVISION, Reason.NEVER_TOLD, Reason.SHADOW})
"""The reasons that leave the stored alert as it is."""

IN_SHADOW: Final = "its rule is only being tried out now"
"""Why a finding is withdrawn, for people."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it is stored: the newest that was heard of its finding, and whether it is still firing."""

    id: str
    state: AlertState
    content: str
    revision: int
    finding: Finding
    opening: str | None = None
    """The first load of a connection that brought it, if one did."""

    @property
    def is_firing(self) -> bool:
        """Whether people have been told of it and not yet of its end."""
        return self.state is not AlertState.RESOLVED

    @property
    def severity(self) -> Severity:
        """The severity that was last heard."""
        return self.finding.severity


@dataclass(frozen=True, slots=True)
class Decision:
    """What a change of a finding comes to. `alert` is to be stored; none where what is stored stays."""

    reason: Reason
    alert: Alert | None

    @property
    def transition(self) -> FindingTransition | None:
        """What receivers are told, or none."""
        return TELLS.get(self.reason)


def decide(change: FindingChanged, known: Alert | None, openings: Collection[str] = ()) -> Decision:
    """Decide what a change comes to, given the newest alert known of the same finding.

    `openings` are first loads that have not come to their end: what they bring waits for their digest.
    """
    reason = _reason(change, known)
    if change.flow in openings and reason not in IGNORED and (known is None or known.opening == change.flow):
        reason = Reason.OPENING
    if reason in IGNORED or (known is None and reason is Reason.CANNOT_TELL):
        return Decision(reason, None)
    return Decision(reason, _next(change, known, reason))


def decide_all(
    changes: Iterable[FindingChanged], known: Mapping[str, Alert], openings: Collection[str] = ()
) -> list[Decision]:
    """Decide one change after the other; `known` holds the newest alert of each fingerprint, before the first."""
    newest = dict(known)
    decisions = []
    for change in changes:
        decision = decide(change, newest.get(change.finding.fingerprint), openings)
        if decision.alert is not None:
            newest[change.finding.fingerprint] = decision.alert
        decisions.append(decision)
    return decisions


def _reason(change: FindingChanged, known: Alert | None) -> Reason:
    if known is not None and change.revision <= known.revision:
        return Reason.OLDER_REVISION
    firing = known if known is not None and known.is_firing else None
    if change.transition is FindingTransition.RESOLVED or change.finding.state is FindingState.RESOLVED:
        return Reason.RESOLVED if firing else Reason.NEVER_TOLD
    if change.finding.shadow:
        return Reason.WITHDRAWN if firing else Reason.SHADOW
    if change.finding.state is FindingState.UNKNOWN:
        return Reason.CANNOT_TELL
    if firing is None:
        return Reason.FIRST if known is None else Reason.REOPENED
    return _difference(firing, change.finding)


def _difference(known: Alert, finding: Finding) -> Reason:
    if known.severity is not finding.severity:
        return Reason.SEVERITY
    if known.finding.team != finding.team:
        return Reason.TEAM
    if known.finding.objective != finding.objective:
        return Reason.OBJECTIVE
    return Reason.NOTHING_NEW if known.content == content_hash(finding) else Reason.EVIDENCE_ONLY


def _next(change: FindingChanged, known: Alert | None, reason: Reason) -> Alert:
    """Return the alert after the change. While it fires it keeps its id, even if we missed an end and a new opening."""
    finding = _withdrawn(change.finding) if reason is Reason.WITHDRAWN else change.finding
    is_over = finding.state is FindingState.RESOLVED
    after = Alert(
        id=alert_id(finding.fingerprint, finding.opened_at),
        state=AlertState.RESOLVED if is_over or reason is Reason.RESOLVED else AlertState.FIRING,
        content=content_hash(finding),
        revision=change.revision,
        finding=finding,
        opening=change.flow if reason is Reason.OPENING else None,
    )
    if known is None or reason is Reason.REOPENED:
        return after
    state = known.state if reason is Reason.CANNOT_TELL else after.state
    return replace(after, id=known.id, state=state, opening=known.opening)


def _withdrawn(finding: Finding) -> Finding:
    """Return the finding as people hear of its end, though the detector goes on to hold it."""
    over = {"state": FindingState.RESOLVED, "resolved_at": finding.as_of, "resolved_because": IN_SHADOW}
    return finding.model_copy(update=over)
