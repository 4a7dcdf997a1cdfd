"""A small made-up strategy and its parts, for the mapper's tests."""

from typing import Any

from schemas.strategy import Strategy
from services.mapper.claims import CompiledStrategy

Json = dict[str, Any]
CYCLE: Json = {"id": "c", "starts_on": "2026-05-01", "ends_on": "2026-07-30"}


def objective(name: str, *work: Json, team: str = "app", **more: Any) -> Json:
    """Return an objective that the selectors in `work` serve."""
    return {"id": name, "title": f"People can {name}", "team": team, "work": list(work), **more}


def strategy(*objectives: Json, teams: tuple[Json, ...] = ({"id": "app"},), **more: Any) -> Strategy:
    """Return a strategy of these objectives."""
    values = {"version": 1, "cycle": CYCLE, "teams": list(teams), "objectives": list(objectives)}
    return Strategy.model_validate(values | more)


def compiled(*objectives: Json, version: int = 1, **more: Any) -> CompiledStrategy:
    """Return the same, ready to be asked."""
    return CompiledStrategy(version, strategy(*objectives, **more))
