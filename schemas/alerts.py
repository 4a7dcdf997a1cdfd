"""What the notifier did with a finding, and what people answered."""

from enum import StrEnum

from schemas.base import Contract, Instant, Revision
from schemas.findings import Finding


class AlertState(StrEnum):
    """Where an alert, or one delivery of it, has got to."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    DELIVERED = "delivered"
    PARKED = "parked"


class AlertChanged(Contract):
    """One step in the life of an alert; `receiver` and `webhook_id` are set for deliveries, `reason` where it helps."""

    alert: str
    state: AlertState
    finding: Finding
    receiver: str | None = None
    webhook_id: str | None = None
    reason: str | None = None
    at: Instant
    revision: Revision


class AlertAnswer(StrEnum):
    """What a person said of an alert."""

    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    USEFUL = "useful"
    NOT_USEFUL = "not_useful"
    KNOWN = "known"


class AlertAnswered(Contract):
    """A person's answer to an alert; `until` ends a snooze."""

    alert: str
    answer: AlertAnswer
    by: str
    at: Instant
    until: Instant | None = None
    note: str | None = None
