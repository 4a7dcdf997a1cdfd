"""The name under which a finding is the same finding tomorrow."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

FINGERPRINT_LENGTH: Final = 16


def fingerprint(rule: str, subjects: Iterable[str]) -> str:
    """Return the first 16 hex digits of sha256 of the rule, a line feed, and the refs joined by line feeds."""
    text = rule + "\n" + "\n".join(subjects)
    return sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]
