"""What the connectors keep of the strategy: which key results are measured by which goal, by the newest version."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.strategy import Strategy, StrategyApplied
from services.connectors.goals import tell_news
from services.connectors.goals_store import is_newer_strategy, lock_goals, name_goals
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.handling import OneByOne

GOAL_SOURCE = "asana_goal"


def strategy_handler(database: RoomDatabase, bus: Bus, wake: Callable[[], None]) -> OneByOne[StrategyApplied]:
    """Return what keeps which goals a newer version names, and tells at once what is known of them."""

    async def keep(conn: AsyncConnection, applied: StrategyApplied) -> None:
        await lock_goals(conn)
        if await is_newer_strategy(conn, applied.version):
            await name_goals(conn, named_goals(applied.strategy), bus.clock.wall())
            await tell_news(conn, bus)

    return OneByOne(database, bus, StrategyApplied, keep, wake)


def named_goals(strategy: Strategy) -> dict[str, str]:
    """Return the goal that each key result names as its source, by `key-result:<objective>/<id>`."""
    return {
        f"key-result:{objective.id}/{key_result.id}": key_result.source[GOAL_SOURCE].strip()
        for objective in strategy.objectives
        for key_result in objective.key_results
        if key_result.source is not None and GOAL_SOURCE in key_result.source
    }
