"""What the rules on dependencies have in common: what is live, who is part of it, and what raises severity."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.findings import Evidence, Severity
from services.detector import conditions, texts
from services.detector.context import Context
from services.detector.facts import DependencyFacts, ItemFacts, ItemNeighbourhood
from services.detector.fingerprint import fingerprint
from services.detector.rule import Condition, Telling
from services.detector.severity import Graded, RaisePolicy, Reason, due_soon_from, has_come, raised
from services.detector.verdict import Draft


@dataclass(frozen=True, slots=True)
class LiveDependency:
    """A dependency with both ends open; `waiting_teams` are the other teams with a live dependent of its blocker."""

    blocker: ItemFacts
    dependent: ItemFacts
    made: datetime | None
    waiting_teams: frozenset[str]

    @property
    def objective(self) -> str | None:
        """The dependent's objective, else the blocker's."""
        return self.dependent.objective or self.blocker.objective

    @property
    def began(self) -> datetime:
        """When both ends and, as far as known, the link existed."""
        ends = max(self.blocker.created, self.dependent.created)
        return ends if self.made is None else max(ends, self.made)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What every live dependency has: the teams at both ends, the dependent's due, when the link was made."""
        dependent = self.dependent
        due = (Evidence(fact="due", ref=dependent.ref, value=dependent.due.isoformat()),) if dependent.due else ()
        made = (Evidence(fact="link-made", at=self.made),) if self.made else ()
        return (
            Evidence(fact="blocking-team", ref=self.blocker.ref, value=self.blocker.team),
            Evidence(fact="waiting-team", ref=dependent.ref, value=dependent.team),
            *due,
            *made,
        )

    def draft(self, rule: str, graded: Graded, since: datetime | None, evidence: tuple[Evidence, ...]) -> Draft:
        """Return a finding on this dependency; the blocker's team must act."""
        return Draft(
            rule=rule,
            subjects=(self.blocker.ref, self.dependent.ref),
            severity=graded.severity,
            team=self.blocker.team,
            objective=self.objective,
            since=since,
            evidence=(*evidence, *self.evidence, *graded.evidence),
        )


def is_live(blocker: ItemFacts, dependent: ItemFacts) -> bool:
    """Tell whether one waits on the other: both open, and not the same item."""
    return blocker.is_open and dependent.is_open and blocker.ref != dependent.ref


def live_dependencies(facts: ItemNeighbourhood) -> Iterator[LiveDependency]:
    """Yield the live dependencies in which the item is the blocker."""
    live = [wait for wait in facts.waiting if is_live(facts.item, wait.dependent)]
    teams = frozenset(wait.dependent.team for wait in live) - {facts.item.team}
    for wait in live:
        yield LiveDependency(facts.item, wait.dependent, wait.made, teams)


def asked(facts: ItemNeighbourhood, subjects: tuple[str, ...]) -> LiveDependency | None:
    """Return the dependency with these subjects, live or not; none if it is not among the facts."""
    waits = (wait for wait in facts.waiting if (facts.item.ref, wait.dependent.ref) == subjects)
    return next((LiveDependency(facts.item, wait.dependent, wait.made, frozenset()) for wait in waits), None)


def not_asked(facts: ItemNeighbourhood, subjects: tuple[str, ...]) -> tuple[Condition, ...]:
    """Return the only condition there is for a dependency that is not among the facts."""
    said = f"Nothing known says that {subjects[-1]} depends on {subjects[0]}"
    return (Condition(f"{said}: {len(facts.waiting)} depend on {conditions.named(facts.item)}.", holds=False),)


def is_live_condition(dependency: LiveDependency) -> Condition:
    """Return the condition that both ends are open, and two items."""
    blocker, dependent = dependency.blocker, dependency.dependent
    waits = f"{conditions.named(dependent)} ({conditions.standing(dependent)}) depends on "
    if blocker.ref == dependent.ref:
        return Condition(f"{waits}itself, which never counts.", holds=False)
    on = f"{conditions.named(blocker)} ({conditions.standing(blocker)})"
    return Condition(f"{waits}{on}; both have to be open.", is_live(blocker, dependent))


def untold(rule: str, facts: ItemNeighbourhood) -> frozenset[str]:
    """Return the findings on dependencies that nobody can judge now, because an end is out of sight."""
    if not facts.waiting:
        return frozenset()
    item = facts.item
    return frozenset(
        fingerprint(rule, (item.ref, wait.dependent.ref)) for wait in facts.waiting if _is_untold(item, wait)
    )


def _is_untold(blocker: ItemFacts, wait: DependencyFacts) -> bool:
    ends = (blocker, wait.dependent)
    return any(end.is_missing for end in ends) and all(end.is_missing or end.is_open for end in ends)


def due_moment(context: Context, dependency: LiveDependency, policy: RaisePolicy) -> datetime | None:
    """Return the instant from which the dependent, or the finding's objective, is due soon."""
    return due_soon_from(
        context,
        due=dependency.dependent.due,
        team=dependency.dependent.team,
        objective=dependency.objective,
        within=policy.due_within_working_days,
    )


def grade(
    base: Severity, dependency: LiveDependency, policy: RaisePolicy, due_from: datetime | None, now: datetime
) -> Graded:
    """Return the severity of a finding on this dependency, raised by its teams, its dues and who else waits."""
    return raised(
        base,
        (
            (Reason.DIFFERENT_TEAMS, dependency.blocker.team != dependency.dependent.team),
            (Reason.DUE_SOON, has_come(due_from, now)),
            (Reason.MANY_TEAMS_WAIT, len(dependency.waiting_teams) >= policy.raise_waiting_teams),
        ),
    )


def across(telling: Telling, rests: str) -> tuple[texts.Way, ...]:
    """Return the way to say which team waits on which, before what `rests` says of the blocker; none within a team."""
    blocker, dependent = telling.draft.subjects
    other = telling.context.team(telling.value("waiting-team", dependent)).name
    if other == telling.team_name:
        return ()
    return (texts.way(f"{{}} waits on {{}}: {rests}", texts.plain(other), telling.named_team, telling.named(blocker)),)
