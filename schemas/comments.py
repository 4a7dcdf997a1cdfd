"""A comment that the notifier asks the connectors to leave on an item."""

from schemas.base import Contract, Instant, ItemRef


class CommentRequested(Contract):
    """`marker` stays the same when the text changes: the comment is then edited, never repeated."""

    ref: ItemRef
    marker: str
    text: str
    alert: str
    requested_at: Instant
