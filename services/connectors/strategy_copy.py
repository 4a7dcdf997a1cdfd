"""What the connectors keep of the strategy: which key results are measured by which goal, by the newest version."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.strategy import Strategy, StrategyApplied
from services.connectors.goals import tell_news
from services.connectors.goals_store import is_newer_strategy, lock_goals, name_goals
from services.runtime.bus import Batch, Bus, read
from services.runtime.database import RoomDatabase
from services.runtime.errors import InvalidMessage
from services.runtime.parking import park, set_aside_unreadable
from services.runtime.progress import finish_batch

GOAL_SOURCE = "asana_goal"


class StrategyHandler:
    """Keeps what a newer version names, and tells at once what is known of it; `wake` is called after the commit."""

    def __init__(self, database: RoomDatabase, bus: Bus, wake: Callable[[], None]) -> None:
        self._database = database
        self._bus = bus
        self._wake = wake

    async def __call__(self, batch: Batch) -> None:
        """Handle one batch in one transaction."""
        await self._database.run(lambda conn: self._handle(conn, batch))
        self._wake()

    async def _handle(self, conn: AsyncConnection, batch: Batch) -> None:
        await set_aside_unreadable(conn, batch)
        for record in batch.of(StrategyApplied):
            try:
                applied = read(record, StrategyApplied)
            except InvalidMessage as error:
                await park(conn, record, str(error))
                continue
            await self._keep(conn, applied)
        await finish_batch(conn, self._bus, batch)

    async def _keep(self, conn: AsyncConnection, applied: StrategyApplied) -> None:
        await lock_goals(conn)
        if await is_newer_strategy(conn, applied.version):
            await name_goals(conn, named_goals(applied.strategy), self._bus.clock.wall())
            await tell_news(conn, self._bus)


def named_goals(strategy: Strategy) -> dict[str, str]:
    """Return the goal that each key result names as its source, by `key-result:<objective>/<id>`."""
    return {
        f"key-result:{objective.id}/{key_result.id}": key_result.source[GOAL_SOURCE].strip()
        for objective in strategy.objectives
        for key_result in objective.key_results
        if key_result.source is not None and GOAL_SOURCE in key_result.source
    }
