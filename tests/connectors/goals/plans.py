"""Strategies whose key results name goals, and those goals."""

from datetime import UTC, date, datetime
from typing import Any

from schemas.strategy import Cycle, KeyResult, Objective, Strategy, StrategyApplied, Team
from services.connectors.tracker import Goal

MEASURED = datetime(2026, 4, 20, 9, tzinfo=UTC)
FILLED = "key-result:grow/filled"
LATE = "key-result:grow/late"


def goal(id_: str = "5001", value: float | None = 40.0, at: datetime | None = MEASURED, **fields: Any) -> Goal:
    """Return a goal with a metric, measured on 2026-04-20 at nine."""
    known: dict[str, Any] = {"id": id_, "name": f"Goal {id_}", "unit": "percent", "initial": 10.0, "target": 90.0}
    return Goal(**(known | fields), value=value, measured_at=None if value is None else at)


def applied(version: int = 1, **sources: str | None) -> StrategyApplied:
    """Return a version of a strategy with one objective, whose key results have these goals as their sources."""
    results = tuple(
        KeyResult(id=name, title=name, source=None if gid is None else {"asana_goal": gid})
        for name, gid in sources.items()
    )
    strategy = Strategy(
        version=1,
        cycle=Cycle(id="2026-q2", starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30)),
        teams=(Team(id="yard"),),
        objectives=(Objective(id="grow", title="Grow", team="yard", key_results=results),),
    )
    return StrategyApplied(version=version, revision=version, author="ana", applied_at=MEASURED, strategy=strategy)
