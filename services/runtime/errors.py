"""A small closed set of errors, told apart by what to do next. The `reason` of each is its metric label."""

from typing import ClassVar


class LeewayError(Exception):
    """Something went wrong that we know how to name; the message is one sentence for a person."""

    reason: ClassVar[str] = "error"


class Permanent(LeewayError):  # noqa: N818 -- named by what to do next, as the handlers read
    """Trying again will not help: set it aside and say so."""

    reason = "permanent"


class Transient(LeewayError):  # noqa: N818
    """Try again later, after `retry_after` seconds where the other side said so."""

    reason = "transient"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(Transient):
    """The other side asks us to slow down."""

    reason = "rate-limited"


class InvalidMessage(Permanent):
    """The input cannot be read: park it with this sentence as its reason."""

    reason = "invalid-message"


class Misconfigured(LeewayError):  # noqa: N818
    """Somebody has to change a setting, a file or an argument; the message says which, where and how. Exit code 2."""

    reason = "misconfigured"
