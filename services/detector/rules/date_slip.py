"""The due of an item or an objective has moved later again and again, or by far, since the baseline.

Severity: medium; high from `slip_high_working_days`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import is_open, named, of_others
from services.detector.context import OBJECTIVE_PREFIX, Context, PolicyFields
from services.detector.facts import DueMove, ItemFacts, ItemNeighbourhood, ObjectiveFacts
from services.detector.fingerprint import fingerprint
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import NOTHING, Draft, Verdict
from services.runtime.calendar import Calendar

NAME: Final = "date-slip"

Slipping = ItemNeighbourhood | ObjectiveFacts


class SlipPolicy(PolicyFields):
    """How often, and how far, a due may move later."""

    slip_moves: Annotated[
        int,
        Field(ge=1, description="So many moves to a later day are a slip. Unit: moves. Source: once is a correction."),
    ] = 2
    slip_working_days: Annotated[
        int,
        Field(ge=1, description="So much later in all is a slip. Unit: working days. Source: two working weeks."),
    ] = 10
    slip_high_working_days: Annotated[
        int,
        Field(ge=1, description="From then on it weighs high. Unit: working days. Source: four working weeks."),
    ] = 20


@dataclass(frozen=True, slots=True)
class _Slip:
    """Somebody's due and how it moved since `baseline`: `days` are working days from the first due to the present."""

    ref: str
    name: str
    team: str
    objective: str | None
    baseline: datetime
    due: date
    moves: tuple[DueMove, ...]
    calendar: Calendar
    policy: SlipPolicy
    seen_from: datetime | None

    @property
    def later(self) -> list[DueMove]:
        return [move for move in self.moves if move.becomes > move.was]

    @property
    def days(self) -> int:
        return self.days_until(self.due)

    def days_until(self, due: date) -> int:
        """Return the working days from the first due to this one; 0 where nothing moved, or to an earlier day."""
        return self.calendar.days_to(self.calendar.start_of(self.moves[0].was), due) if self.moves else 0

    def holds(self, moves_later: int, days: int) -> bool:
        return moves_later >= self.policy.slip_moves or days >= self.policy.slip_working_days

    def since(self) -> datetime | None:
        """Return the move from which on it has held; none if no known move made it so."""
        since, later = None, 0
        for move in self.moves:
            later += move.becomes > move.was
            if not self.holds(later, self.days_until(move.becomes)):
                since = None
            elif since is None:
                since = move.at
        return since


def judge(facts: Slipping, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding while the due of an open item, or of an objective, stands too much later than at the baseline.

    Moves back to an earlier day do not count as moves, but lessen what it is later in all.
    """
    if not facts.due_moves:
        return NOTHING
    if isinstance(facts, ItemNeighbourhood):
        if facts.item.is_missing and not facts.item.is_done:
            return Verdict(unknown=frozenset({fingerprint(NAME, (facts.item.ref,))}))
        if not facts.item.is_open:
            return NOTHING
    slip = _slip(facts, context)
    if slip is None or not slip.holds(len(slip.later), slip.days):
        return NOTHING
    draft = Draft(
        rule=NAME,
        subjects=(slip.ref,),
        severity=Severity.HIGH if slip.days >= slip.policy.slip_high_working_days else Severity.MEDIUM,
        team=slip.team,
        objective=slip.objective,
        since=slip.since(),
        evidence=_evidence(slip),
    )
    return Verdict((draft,))


def _slip(facts: Slipping, context: Context) -> _Slip | None:
    """Return what moved since the baseline: the objective's; for an item without one, the cycle's first day."""
    if isinstance(facts, ItemNeighbourhood):
        item = facts.item
        ref, name, team, objective, due = item.ref, named(item), item.team, item.objective, item.due
        known = context.objective(item.objective)
    else:
        known = context.objective(facts.objective)
        if known is None:
            return None
        ref, name, team = OBJECTIVE_PREFIX + known.id, f"“{known.title}”", known.team
        objective, due = known.id, known.due
    if due is None:
        return None
    calendar = context.calendar(team)
    baseline = known.baseline if known else calendar.start_of(context.cycle.starts_on)
    moves = tuple(move for move in facts.due_moves if move.at >= baseline)
    policy = context.policy(SlipPolicy, team, objective)
    return _Slip(ref, name, team, objective, baseline, due, moves, calendar, policy, facts.seen_from)


def _evidence(slip: _Slip) -> tuple[Evidence, ...]:
    last = max((move.at for move in slip.later), default=None)
    seen = (Evidence(fact="seen-from", ref=slip.ref, at=slip.seen_from),) if slip.seen_from else ()
    return (
        Evidence(fact="baseline", ref=slip.ref, at=slip.baseline),
        Evidence(fact="due-was", ref=slip.ref, at=slip.moves[0].at, value=slip.moves[0].was.isoformat()),
        Evidence(fact="due", ref=slip.ref, value=slip.due.isoformat()),
        Evidence(fact="moves-later", ref=slip.ref, at=last, value=len(slip.later)),
        Evidence(fact="days-later", ref=slip.ref, value=slip.days),
        *seen,
    )


def watches(item: ItemFacts) -> bool:
    """Only an open item with a due slips."""
    return item.is_open and item.due is not None


def conditions(facts: Slipping, context: Context, now: datetime, subjects: tuple[str, ...]) -> tuple[Condition, ...]:
    """The item is open, and its due (or the objective's) has moved later often enough or far enough."""
    is_item = isinstance(facts, ItemNeighbourhood)
    ref = facts.item.ref if isinstance(facts, ItemNeighbourhood) else OBJECTIVE_PREFIX + facts.objective
    if subjects != (ref,):
        return of_others(subjects, (ref,))
    first = (is_open(facts.item),) if isinstance(facts, ItemNeighbourhood) else ()
    slip = _slip(facts, context)
    if slip is None:
        lacks = "a due" if is_item else "a place in the strategy"
        return *first, Condition(f"{ref} has no due; {lacks} is needed.", holds=False)
    day = texts.day(slip.calendar.date_of(slip.baseline), slip.calendar.date_of(now))
    moved = f"{texts.counted(len(slip.later), 'move')} to a later day"
    needed = f"{slip.policy.slip_moves} moves or {slip.policy.slip_working_days} working days"
    says = f"Since {day} the due of {slip.name} has come {texts.working_days(slip.days)} later, with {moved}"
    return *first, Condition(f"{says}; {needed} are needed.", slip.holds(len(slip.later), slip.days))


def tell(telling: Telling) -> Text:
    """Set both days beside each other, and ask what the present one needs."""
    (ref,) = telling.draft.subjects
    is_objective = ref.startswith(OBJECTIVE_PREFIX)
    name = f"“{telling.name(ref)}”" if is_objective else telling.name(ref)
    days, moves = texts.working_days(telling.value("days-later")), telling.value("moves-later")
    was, due = telling.on(telling.value("due-was")), telling.on(telling.value("due"))
    over = _is_over(telling.draft, is_objective=is_objective)
    gone = f"has slipped by {days}" if telling.value("days-later") else "has a due that keeps moving"
    return Text(
        title=texts.title(texts.way(f"{{}} {gone}.", telling.named(ref))),
        why=f"Due {was} at first, {due} now; {texts.counted(moves, 'move')} to a later day "
        f"since the baseline of {telling.at('baseline')}{telling.as_seen()}.",
        question=f"What would make {due} a day that holds for {name}, or what could leave it?",
        clears_when=f"Clears when {name} is due early enough again, {over}.",
    )


def _is_over(draft: Draft, *, is_objective: bool) -> str:
    if is_objective:
        return "or when its baseline is set anew"
    return "when it is done, or when its objective's baseline is set anew" if draft.objective else "or when it is done"


RULE: Final[Rule[Slipping]] = Rule(
    NAME, (ItemNeighbourhood, ObjectiveFacts), SlipPolicy, judge, tell, conditions, watches
)
