"""Items wait for each other in a ring, so none of them can be finished first.

Severity: high.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import named, of_others
from services.detector.context import Context, PolicyFields
from services.detector.facts import CycleFacts
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import Draft, Verdict

NAME: Final = "dependency-cycle"
_SHOWN: Final = 6
"""So many members are named in the text; the subjects hold them all."""


def judge(facts: CycleFacts, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold one finding for the whole component; nobody alone must act on it."""
    members = sorted(facts.members, key=lambda member: member.ref)
    draft = Draft(
        rule=NAME,
        subjects=tuple(member.ref for member in members),
        severity=Severity.HIGH,
        team=None,
        objective=None,
        since=max(member.created for member in members),
        evidence=tuple(Evidence(fact="member", ref=member.ref, value=member.team) for member in members),
    )
    return Verdict((draft,))


def conditions(
    facts: CycleFacts,
    context: Context,  # noqa: ARG001 -- every rule is called alike
    now: datetime,  # noqa: ARG001 -- every rule is called alike
    subjects: tuple[str, ...],
) -> tuple[Condition, ...]:
    """These items, and no others, wait for each other in a ring."""
    members = sorted(facts.members, key=lambda member: member.ref)
    known = tuple(member.ref for member in members)
    if subjects != known:
        return of_others(subjects, known)
    ring = texts.listed([named(member) for member in members])
    says = f"{texts.counted(len(members), 'open item')} wait for each other in a ring: {ring}; 2 are needed."
    return (Condition(says, holds=True),)


def tell(telling: Telling) -> Text:
    """Name the ring, and ask which wait could be dropped."""
    names = [telling.name(ref) for ref in telling.draft.subjects]
    teams = sorted({telling.context.team(e.value).name for e in telling.draft.evidence if e.fact == "member"})
    shown = names if len(names) <= _SHOWN else [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    size = texts.counted(len(names), "item")
    return Text(
        title=texts.title(*_ways(telling)),
        why=f"{size} of {texts.listed(teams)} wait for each other in a ring: {texts.listed(shown)}.",
        question="Which of these waits could be dropped or split, so that one item can go first?",
        clears_when="Clears when one of the dependencies is removed, or one of the items is done.",
    )


def _ways(telling: Telling) -> Iterator[texts.Way]:
    """Yield the way that names all, if they are few, and the one that names the first."""
    named = [telling.named(ref) for ref in telling.draft.subjects]
    if len(named) <= _SHOWN:
        yield texts.way(f"{texts.listed(['{}'] * len(named))} wait for each other.", *named)
    yield texts.way(f"{{}} and {texts.counted(len(named) - 1, 'other item')} wait for each other.", named[0])


RULE: Final = Rule(NAME, (CycleFacts,), PolicyFields, judge, tell, conditions)
