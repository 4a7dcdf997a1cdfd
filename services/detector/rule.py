"""What a rule is made of: a name, the facts that it judges, the policy fields that it reads, and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from schemas.findings import Evidence, Subject
from services.detector import texts
from services.detector.context import Context, PolicyFields
from services.detector.facts import Facts, ItemFacts
from services.detector.verdict import Draft, Verdict
from services.runtime.calendar import DEFAULT, Calendar

F = TypeVar("F", bound=Facts)


@dataclass(frozen=True, slots=True)
class Text:
    """A finding in words. The question is open and accuses nobody."""

    title: str
    why: str
    question: str
    clears_when: str


@dataclass(frozen=True, slots=True)
class Telling:
    """A draft that is put into words at `now`: `subjects` names its items by ref; days are those of who must act."""

    draft: Draft
    subjects: Mapping[str, Subject]
    context: Context
    now: datetime

    @property
    def calendar(self) -> Calendar:
        """The calendar of the team that must act."""
        return DEFAULT if self.draft.team is None else self.context.calendar(self.draft.team)

    @property
    def team_name(self) -> str:
        """The team that must act, by name."""
        return "" if self.draft.team is None else self.context.team(self.draft.team).name

    def name(self, ref: str) -> str:
        """Return how people call this subject, see `texts.called`."""
        subject = self.subjects.get(ref)
        if subject is None:
            return texts.shortened(self.context.subject(ref).title)
        return texts.called(ref, subject.key, subject.title)

    def named(self, ref: str) -> texts.Name:
        """Return what a title may call this subject: its key, and as much of its title as fits."""
        subject = self.subjects.get(ref) or self.context.subject(ref)
        return texts.named(ref, subject.key, subject.title)

    @property
    def named_team(self) -> texts.Name:
        """What a title may call the team that must act."""
        return texts.plain(self.team_name)

    def find(self, fact: str, ref: str | None = None) -> Evidence | None:
        """Return the first evidence of this fact, of this subject where one is given."""
        return next((e for e in self.draft.evidence if e.fact == fact and ref in (None, e.ref)), None)

    def value(self, fact: str, ref: str | None = None) -> Any:
        """Return the value of this fact, or none."""
        evidence = self.find(fact, ref)
        return evidence.value if evidence else None

    def at(self, fact: str, ref: str | None = None) -> str:
        """Return the day of this fact in words, or nothing."""
        evidence = self.find(fact, ref)
        return self.day(evidence.at) if evidence and evidence.at else ""

    def working_days(self, since: datetime | None = None) -> int:
        """Return the working days from `since` (else the draft's) until now, by who must act."""
        begun = since or self.draft.since
        return 0 if begun is None else self.calendar.working_days(begun, self.now)

    def day(self, instant: datetime) -> str:
        """Return the day of this instant in words."""
        return texts.day(self.calendar.date_of(instant), self.calendar.date_of(self.now))

    def on(self, value: str) -> str:
        """Return a day that evidence holds as text (`2026-06-08`) in words."""
        return texts.day(date.fromisoformat(value), self.calendar.date_of(self.now))

    def due(self, ref: str) -> str:
        """Return " (due 30 June)" for an item with a due, else nothing."""
        due = self.value("due", ref)
        return f" (due {self.on(due)})" if due else ""

    def as_seen(self) -> str:
        """Return ", as far as seen since 8 June" where the finding rests on what was seen rather than told."""
        since = self.at("seen-from")
        return f", as far as seen since {since}" if since else ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule for one subject: a sentence with its numbers, whether it holds, and what time does to it.

    `changes_at` is the next moment at which that could change by itself; none: only an event changes it.
    """

    says: str
    holds: bool
    changes_at: datetime | None = None


def _watches_nobody(_: ItemFacts) -> bool:
    return False


class About(StrEnum):
    """What the findings of a rule on items are on."""

    ONE = "one"
    DEPENDENCY = "dependency"
    TWINS = "twins"


@dataclass(frozen=True, slots=True)
class Rule(Generic[F]):
    """A rule: `judge` is pure, `policy` holds the fields that it reads, `tell` puts one of its drafts into words.

    `facts` are the kinds that it judges. `conditions(facts, context, now, subjects)` gives its conditions for these
    subjects, in the order in which they are asked: the rule holds a finding on them if and only if all hold.

    `watches` is for rules on items: whether an item could have a finding of this rule for what stands in its own row,
    whatever the policy says. Items with a twin or an open finding are judged anyway, and open ones with a dependency.

    `about` says of a rule on items whether its findings are on one of them, or on two: a blocker and its dependent
    (told by the blocker's neighbourhood), or two twins (by that of the one with the smaller ref).
    """

    name: str
    facts: tuple[type[F], ...]
    policy: type[PolicyFields]
    judge: Callable[[F, Context, datetime], Verdict]
    tell: Callable[[Telling], Text]
    conditions: Callable[[F, Context, datetime, tuple[str, ...]], tuple[Condition, ...]]
    watches: Callable[[ItemFacts], bool] = _watches_nobody
    about: About = About.ONE
