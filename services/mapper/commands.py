"""What may be asked of the mapper from outside: to take a strategy as the new version."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import Event, type_names
from schemas.strategy import Strategy, StrategyApplied
from schemas.topics import STRATEGY
from services.mapper import strategies
from services.mapper.outgoing import SOURCE
from services.mapper.store import draw_revisions
from services.runtime.bus import Outgoing
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.outbox import add_to_outbox

STRATEGY_KEY = "strategy"


@dataclass(frozen=True, slots=True)
class Applied:
    """The version that now holds the strategy; not `changed` means that the newest one was equal already."""

    version: int
    changed: bool


async def apply_strategy(database: RoomDatabase, strategy: Strategy, author: str, clock: Clock) -> Applied:
    """Store a strategy as the newest version, and have it published; an equal one again makes no new version."""
    return await database.run(lambda conn: _apply(conn, strategy, author, clock))


async def _apply(conn: AsyncConnection, strategy: Strategy, author: str, clock: Clock) -> Applied:
    await conn.execute(text("SELECT pg_advisory_xact_lock(hashtext(current_schema()), 2)"))
    newest = await strategies.read_newest(conn)
    if newest is not None and newest.strategy == strategy:
        return Applied(newest.version, changed=False)
    (revision,) = await draw_revisions(conn, 1)
    version = 1 if newest is None else newest.version + 1
    applied = StrategyApplied(
        version=version, revision=revision, author=author, applied_at=clock.wall(), strategy=strategy
    )
    await strategies.keep(conn, applied)
    await add_to_outbox(conn, [strategy_outgoing(applied, clock)])
    return Applied(version, changed=True)


def strategy_outgoing(applied: StrategyApplied, clock: Clock) -> Outgoing:
    """Return a version of the strategy as it goes to the bus."""
    body = applied.model_dump_json(exclude_defaults=True).encode()
    event = Event(type_names[StrategyApplied], f"strategy:{applied.version}", SOURCE, clock.wall(), body)
    return Outgoing(STRATEGY, STRATEGY_KEY, event)
