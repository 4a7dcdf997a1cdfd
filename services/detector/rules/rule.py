"""What a rule is made of: a name, the facts that it judges, the policy fields that it reads, and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from schemas.findings import Subject
from services.detector.context import Context, PolicyFields
from services.detector.facts import Facts
from services.detector.verdict import Draft, Verdict

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
    """What a rule needs to put a draft into words at `now`: the subjects by ref, beside the draft and the strategy."""

    draft: Draft
    subjects: Mapping[str, Subject]
    context: Context
    now: datetime


@dataclass(frozen=True, slots=True)
class Rule(Generic[F]):
    """A rule: `judge` is pure, `policy` holds the fields that it reads, `tell` puts one of its drafts into words."""

    name: str
    facts: type[F]
    policy: type[PolicyFields]
    judge: Callable[[F, Context, datetime], Verdict]
    tell: Callable[[Telling], Text]
