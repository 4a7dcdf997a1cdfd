"""What a receiver is told: one JSON body for every channel, made once, stored, and sent byte for byte on every retry.

    {"type": "finding.opened", "timestamp": "2026-06-15T12:00:00Z",
     "data": {"alert": {"id": "...", "state": "firing", "reason": "first"},
              "finding": {...}, "left_out": {"evidence": 12}}}

`type` is `finding.opened`, `finding.updated` or `finding.resolved`; `timestamp` is the domain time that the finding was
written at; `finding` is `schemas.findings.Finding`. Bodies stay under 20,000 bytes: evidence is left out from the
end, then long texts are cut, and `left_out` says how much.
"""

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import Field

from schemas.alerts import AlertState
from schemas.base import Contract, Instant
from schemas.findings import Finding, FindingTransition
from services.notifier.alerts import Alert, Reason

LONGEST_BODY: Final = 19_500
"""Bytes. Standard Webhooks asks for less than 20 kB; some is left for receivers that wrap the body."""

CUTS: Final = ((500, 20), (100, 10), (40, 3))
"""Characters of a text and entries of a list that are kept; the last always fits, whatever the characters."""

TEXTS: Final = (
    "title", "why", "question", "clears_when", "resolved_because", "team_name", "objective_title", "owner", "lead",
)  # fmt: skip


class AlertTold(Contract):
    """The alert that the notification is about. `id` is the same from its opening to its end."""

    id: str
    state: AlertState
    reason: Reason


class Told(Contract):
    """The alert and the finding, and how many entries were left out of which field."""

    alert: AlertTold
    finding: Finding
    left_out: dict[str, int] = Field(default_factory=dict)


class Notification(Contract):
    """The whole body."""

    type: Literal["finding.opened", "finding.updated", "finding.resolved"]
    timestamp: Instant
    data: Told


TYPES: Final[dict[FindingTransition, Literal["finding.opened", "finding.updated", "finding.resolved"]]] = {
    FindingTransition.OPENED: "finding.opened",
    FindingTransition.UPDATED: "finding.updated",
    FindingTransition.RESOLVED: "finding.resolved",
}


def body_of(alert: Alert, transition: FindingTransition, reason: Reason) -> str:
    """Return the JSON body of one notification: the fullest of the ever shorter ones that is short enough."""
    body = ""
    for finding, left_out in _ever_shorter(alert.finding):
        told = Told(alert=AlertTold(id=alert.id, state=alert.state, reason=reason), finding=finding, left_out=left_out)
        body = Notification(type=TYPES[transition], timestamp=finding.as_of, data=told).model_dump_json()
        if len(body.encode()) <= LONGEST_BODY:
            break
    return body


def _ever_shorter(finding: Finding) -> Iterator[tuple[Finding, dict[str, int]]]:
    yield finding, {}
    kept, total = len(finding.evidence), len(finding.evidence)
    while kept:
        kept //= 2
        yield finding.model_copy(update={"evidence": finding.evidence[:kept]}), {"evidence": total - kept}
    for length, most in CUTS:
        yield (
            _cut(finding, length, most),
            {
                "evidence": total,
                "subjects": max(0, len(finding.subjects) - most),
                "labels": max(0, len(finding.labels) - most),
            },
        )


def _cut(finding: Finding, length: int, most: int) -> Finding:
    """Return the finding without evidence, with its texts cut to `length` and its lists to `most`."""
    cut: dict[str, object] = {name: _shortened(getattr(finding, name), length) for name in TEXTS}
    subjects = tuple(
        subject.model_copy(
            update={"title": _shortened(subject.title, length), "key": _shortened(subject.key, length), "url": None}
        )
        for subject in finding.subjects[:most]
    )
    labels = tuple(_shortened(label, length) for label in finding.labels[:most])
    return finding.model_copy(update={**cut, "subjects": subjects, "labels": labels, "evidence": ()})


def _shortened(text: str | None, length: int) -> str | None:
    if text is None or len(text) <= length:
        return text
    return text[: length - 1] + "…"
