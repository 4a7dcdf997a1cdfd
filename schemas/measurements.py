"""Measurements of key results; identity is (key result, measured at, source)."""

from schemas.base import Contract, Instant, SubjectRef


class KeyResultMeasured(Contract):
    """One value of one key result, in the key result's own unit; `confidence` (0 to 1) is kept apart from progress."""

    key_result: SubjectRef
    measured_at: Instant
    source: str
    value: float
    confidence: float | None = None
    note: str | None = None
    by: str | None = None
