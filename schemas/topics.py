"""The one wiring table: which topic carries what, keyed by what, written and read by whom, kept how long."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.alerts import AlertAnswered, AlertChanged
from schemas.aligned_items import ItemAligned
from schemas.base import Contract
from schemas.comments import CommentRequested
from schemas.connections import ConnectionReported
from schemas.dead_letters import DeadLetter
from schemas.findings import FindingChanged
from schemas.marks import FlowMark
from schemas.measurements import KeyResultMeasured
from schemas.strategy import StrategyApplied
from schemas.work_items import Tracker, WorkItemChange, WorkItemSnapshot


class Retention(StrEnum):
    """Compacted topics keep the newest payload of each key; the others forget with time."""

    COMPACTED = "compacted"
    BY_TIME = "by time"


@dataclass(frozen=True)
class Topic:
    """One topic. `payload` is what it carries; topics with `marks` carry `FlowMark`s between the payloads as well."""

    name: str
    key: str
    payload: type[Contract]
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    retention: Retention
    marks: bool = False
    single_partition: bool = False

    @property
    def payloads(self) -> tuple[type[Contract], ...]:
        """All types that may come on this topic."""
        return (self.payload, FlowMark) if self.marks else (self.payload,)


JIRA_WORK_ITEMS = Topic(
    "leeway.jira.work-items", "item ref", WorkItemSnapshot,
    ("connectors",), ("mapper", "mirror", "anyone"), Retention.COMPACTED, marks=True,
)  # fmt: skip
ASANA_WORK_ITEMS = Topic(
    "leeway.asana.work-items", "item ref", WorkItemSnapshot,
    ("connectors",), ("mapper", "mirror", "anyone"), Retention.COMPACTED, marks=True,
)  # fmt: skip
JIRA_CHANGES = Topic(
    "leeway.jira.changes", "item ref", WorkItemChange,
    ("connectors",), ("detector", "anyone"), Retention.BY_TIME, marks=True,
)  # fmt: skip
ASANA_CHANGES = Topic(
    "leeway.asana.changes", "item ref", WorkItemChange,
    ("connectors",), ("detector", "anyone"), Retention.BY_TIME, marks=True,
)  # fmt: skip
CONNECTIONS = Topic(
    "leeway.connections", "connection", ConnectionReported, ("connectors",), ("detector",), Retention.COMPACTED
)
STRATEGY = Topic(
    "leeway.strategy", "strategy", StrategyApplied,
    ("command line", "API"), ("every room",), Retention.COMPACTED, single_partition=True,
)  # fmt: skip
ALIGNED_ITEMS = Topic(
    "leeway.aligned-items", "item ref", ItemAligned,
    ("mapper",), ("detector", "anyone"), Retention.COMPACTED, marks=True,
)  # fmt: skip
MEASUREMENTS = Topic(
    "leeway.measurements", "key result", KeyResultMeasured,
    ("connectors", "API", "command line"), ("detector",), Retention.BY_TIME,
)  # fmt: skip
FINDINGS = Topic(
    "leeway.findings", "fingerprint", FindingChanged,
    ("detector",), ("notifier", "anyone"), Retention.COMPACTED, marks=True,
)  # fmt: skip
ALERTS = Topic("leeway.alerts", "alert id", AlertChanged, ("notifier",), ("cockpit", "anyone"), Retention.BY_TIME)
COMMENT_REQUESTS = Topic(
    "leeway.comment-requests", "item ref", CommentRequested, ("notifier",), ("connectors",), Retention.BY_TIME
)
FEEDBACK = Topic("leeway.feedback", "alert id", AlertAnswered, ("API",), ("notifier",), Retention.BY_TIME)
DEAD_LETTERS = Topic("leeway.dead-letters", "origin topic", DeadLetter, ("any room",), ("operator",), Retention.BY_TIME)

TOPICS: tuple[Topic, ...] = (
    JIRA_WORK_ITEMS, ASANA_WORK_ITEMS, JIRA_CHANGES, ASANA_CHANGES, CONNECTIONS, STRATEGY, ALIGNED_ITEMS,
    MEASUREMENTS, FINDINGS, ALERTS, COMMENT_REQUESTS, FEEDBACK, DEAD_LETTERS,
)  # fmt: skip

WORK_ITEMS: dict[Tracker, Topic] = {Tracker.JIRA: JIRA_WORK_ITEMS, Tracker.ASANA: ASANA_WORK_ITEMS}
CHANGES: dict[Tracker, Topic] = {Tracker.JIRA: JIRA_CHANGES, Tracker.ASANA: ASANA_CHANGES}
