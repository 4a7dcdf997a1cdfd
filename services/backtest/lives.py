"""How long findings lived: each from the first day on which it was held to the first on which it was not."""

from dataclasses import dataclass
from typing import Final

from schemas.findings import Severity
from services.detector.verdict import Draft

_RISING: Final = tuple(Severity)
_Name = tuple[str, tuple[str, ...]]
"""Rule and subjects: what a fingerprint stands for."""


@dataclass(slots=True)
class Life:
    """One life of a finding; a finding that clears and comes again has two.

    `draft` is the newest, `worst` the highest severity that it had. Days are numbers; `ended` is none while it is open.
    """

    draft: Draft
    began: int
    worst: Severity
    ended: int | None = None

    @property
    def days(self) -> int | None:
        """Days of 24 hours that it lived, none if it still does."""
        return None if self.ended is None else self.ended - self.began


class Lives:
    """All findings of a run, by the subject that they hang on."""

    def __init__(self) -> None:
        self.all: list[Life] = []
        self._open: dict[str, dict[_Name, Life]] = {}

    def __contains__(self, anchor: object) -> bool:
        return anchor in self._open

    def now(self) -> list[Draft]:
        """Return the findings that are open."""
        return [life.draft for lives in self._open.values() for life in lives.values()]

    def judged(self, anchor: str, findings: tuple[Draft, ...], unknown: frozenset[str], day: int) -> None:
        """Let a subject have these findings from this day on; those that nobody can tell stay as they are."""
        known = self._open.get(anchor)
        if known is None and not findings:
            return
        before = known or {}
        after: dict[_Name, Life] = {}
        for draft in findings:
            name = (draft.rule, draft.subjects)
            life = before.pop(name, None) or self._begin(draft, day)
            life.draft, life.worst = draft, max(life.worst, draft.severity, key=_RISING.index)
            after[name] = life
        for name, life in before.items():
            if unknown and life.draft.fingerprint in unknown:
                after[name] = life
            else:
                life.ended = day
        if after:
            self._open[anchor] = after
        else:
            self._open.pop(anchor, None)

    def _begin(self, draft: Draft, day: int) -> Life:
        life = Life(draft, day, draft.severity)
        self.all.append(life)
        return life
