"""Names that a repeated run repeats: of an alert, of a finding's content, of one notification.

A finding's revision comes from a sequence, and a crash can make two runs draw different numbers for the same finding.
So nothing here is made of revisions: only of domain time and of what the finding says. With domain time held, a run
that was killed and repeated says the same, and so names it the same; in live running two tellings of one alert
differ in the time that they were written at (`as_of`), so that a finding which goes medium, high, medium, high is told
four times under four names.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final

from schemas.findings import Finding, FindingTransition

NOT_CONTENT: Final = frozenset({"strategy_version"})
"""Counted by this installation, not said of the world: applying the same file twice changes nothing that is told."""


def _digest(parts: tuple[str, ...], length: int) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:length]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def alert_id(fingerprint: str, opened_at: datetime) -> str:
    """Return the id of the alert for one opening of a finding; a finding that opens again later is another alert."""
    return f"{fingerprint}-{opened_at:%Y%m%dT%H%M%S}Z"


def content_hash(finding: Finding) -> str:
    """Return 32 hex digits that stand for all that the finding says; the order of its evidence does not matter.

    Defaults are left out, so that a field which a later version adds does not change what old findings say.
    """
    content = finding.model_dump(mode="json", exclude=set(NOT_CONTENT), exclude_defaults=True)
    content["evidence"] = sorted(map(_canonical, content.get("evidence", ())))
    return _digest((_canonical(content),), 32)


def webhook_id(alert: str, transition: FindingTransition, content: str, receiver: str) -> str:
    """Return the idempotency key of one notification: the same for every retry, every restart and every repeated run.

    Without a dot, as Standard Webhooks asks: the signature is over `id.timestamp.body`.
    """
    return "msg_" + _digest((alert, transition.value, content, receiver), 40)
