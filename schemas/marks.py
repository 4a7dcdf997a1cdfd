"""The mark that says: everything written before me on this partition belongs to what I close."""

from enum import StrEnum
from typing import Final

from schemas.base import Contract, Instant

OPENING_FLOW: Final = "opening:"
"""The flow of a connection's first load is `opening:<connection>:<number>`: what it brings is told in one digest."""


class MarkKind(StrEnum):
    """What a mark closes: a load of items, a new strategy, or everything sent so far."""

    IMPORT = "import"
    STRATEGY = "strategy"
    DRAIN = "drain"


class FlowMark(Contract):
    """Sent to every partition of a topic; a room passes it on once it has seen it on all partitions of its input."""

    id: str
    kind: MarkKind
    sent_at: Instant
