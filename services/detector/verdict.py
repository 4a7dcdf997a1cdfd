"""What a rule answers: the findings that it holds now, those that it cannot tell, and when to ask it again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schemas.base import Identifier
from schemas.findings import Evidence, Severity
from services.detector.fingerprint import fingerprint


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding as its rule decides it: no words and no day counts yet, so that a night going by changes nothing.

    `subjects` are refs in the rule's order. `team` is the one that must act. `since` is none where no instant can be
    named: then it holds since it was first found. Two equal drafts are one finding that was not updated. A `shadow`
    draft is of a rule that is being tried out.
    """

    rule: str
    subjects: tuple[str, ...]
    severity: Severity
    team: Identifier | None
    objective: Identifier | None
    since: datetime | None
    evidence: tuple[Evidence, ...] = ()
    shadow: bool = False

    @property
    def fingerprint(self) -> str:
        """The finding's identity."""
        return fingerprint(self.rule, self.subjects)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings that hold, and the next moment at which that could change without any event; none: never.

    `unknown` are fingerprints of findings whose input is missing: whatever was open stays open, marked unknown.
    """

    findings: tuple[Draft, ...] = ()
    check_after: datetime | None = None
    unknown: frozenset[str] = frozenset()


NOTHING = Verdict()


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """Return one verdict that says all of these."""
    kept = [verdict for verdict in verdicts if verdict is not NOTHING]
    if not kept:
        return NOTHING
    return Verdict(
        tuple(draft for verdict in kept for draft in verdict.findings),
        min((verdict.check_after for verdict in kept if verdict.check_after is not None), default=None),
        frozenset().union(*(verdict.unknown for verdict in kept)),
    )


def next_check(now: datetime, moments: Iterable[datetime | None]) -> datetime | None:
    """Return the first of these moments that is still to come."""
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
