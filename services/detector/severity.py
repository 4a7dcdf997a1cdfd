"""How much a finding matters, and what raises it: one step for each reason that holds, never above critical."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector.context import Context, PolicyFields

_RISING: Final = tuple(Severity)


class Reason(StrEnum):
    """Why a severity is raised."""

    DIFFERENT_TEAMS = "different-teams"
    DUE_SOON = "due-soon"
    MANY_TEAMS_WAIT = "many-teams-wait"


class DueSoonPolicy(PolicyFields):
    """When a due is near."""

    due_within_working_days: Annotated[
        int,
        Field(ge=0, description="A due this near raises severity. Unit: working days. Source: two working weeks."),
    ] = 10


class RaisePolicy(DueSoonPolicy):
    """When a finding on a dependency weighs more."""

    raise_waiting_teams: Annotated[
        int,
        Field(ge=1, description="So many other waiting teams raise severity. Unit: teams. Source: bottleneck_teams."),
    ] = 3


@dataclass(frozen=True, slots=True)
class Graded:
    """A severity with the reasons that raised it."""

    severity: Severity
    reasons: tuple[Reason, ...] = ()

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The reasons, as evidence."""
        return (Evidence(fact="raised-by", value=[str(reason) for reason in self.reasons]),) if self.reasons else ()


def raised(base: Severity, reasons: Sequence[tuple[Reason, bool]]) -> Graded:
    """Return the severity one step higher for each reason that holds."""
    holding = tuple(reason for reason, holds in reasons if holds)
    step = min(_RISING.index(base) + len(holding), len(_RISING) - 1)
    return Graded(_RISING[step], holding)


def due_soon_from(
    context: Context, *, due: date | None, team: str, objective: str | None, within: int
) -> datetime | None:
    """Return the instant from which the item's or the objective's due is near or past; none if neither has one.

    Each due is counted in the calendar of its own team.
    """
    moments = [] if due is None else [context.calendar(team).near_from(due, within)]
    if known := context.objective(objective):
        moments.append(context.calendar(known.team).near_from(known.due, within))
    return min(moments, default=None)


def has_come(moment: datetime | None, now: datetime) -> bool:
    """Tell whether this moment is now or past; none never comes."""
    return moment is not None and moment <= now
