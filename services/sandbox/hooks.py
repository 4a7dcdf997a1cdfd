"""Webhooks that the sandbox's trackers send: what one delivery is, and who takes it from there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HookCall:
    """One delivery: POST these bytes there. `hook` is the webhook's id at its tracker."""

    hook: str
    url: str
    headers: Mapping[str, str]
    body: bytes


Deliver = Callable[[HookCall], None]
"""Takes a delivery and returns at once; it is sent in order, again after a failure, as its tracker would."""
