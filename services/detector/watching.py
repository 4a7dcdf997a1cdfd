"""Which items the rules watch, found again for all stored items when another set of rules begins to work.

Promise: a rule that is new, or watches other items than before, has all of those judged, however long they rest, and
so has one on teams, objectives or key results. One detector at a time does this, before it reads on; items that are
stored meanwhile are watched by the same rules.
"""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector import strategy_copy
from services.detector.context import OBJECTIVE_PREFIX, TEAM_PREFIX
from services.detector.items import read_items
from services.detector.rules.registry import RULES, is_watched
from services.detector.spreading import note_dirty
from services.runtime.database import RoomDatabase

PAGE: Final = 2_000

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('leeway-watching:' || current_schema(), 0))")
_KNOWN: Final = text("SELECT rules FROM watching")
_FORGET: Final = text("DELETE FROM watching")
_REMEMBER: Final = text("INSERT INTO watching (rules) VALUES (:rules)")
_PAGE: Final = text("SELECT ref, watched FROM items WHERE ref > :after ORDER BY ref LIMIT :limit FOR UPDATE")
_WATCH: Final = text("UPDATE items SET watched = NOT watched WHERE ref = ANY(CAST(:refs AS text[]))")
_TEAMS: Final = text("SELECT DISTINCT team FROM items")


def rule_set() -> str:
    """Return what tells one set of rules from another: this version of Leeway, and the rules by name."""
    return " ".join([version("leeway"), *(rule.name for rule in RULES)])


async def watch_anew(database: RoomDatabase, rules: str) -> int:
    """Have every item watched as these rules, which are those of this process, do; return how many that changed."""
    async with database.transaction() as conn:
        if await conn.scalar(_KNOWN) == rules:
            return 0
    changed, after = 0, ""
    while True:
        async with database.transaction() as conn:
            await conn.execute(_LOCK)
            rows = await conn.execute(_PAGE, {"after": after, "limit": PAGE})
            page = {row.ref: bool(row.watched) for row in rows}
            if not page:
                await conn.execute(_FORGET)
                await conn.execute(_REMEMBER, {"rules": rules})
                await note_dirty(conn, ((group, "") for group in await _groups(conn)))
                return changed
            changed += await _turn(conn, page)
            after = list(page)[-1]


async def _groups(conn: AsyncConnection) -> Iterable[str]:
    """Return all teams with items, and all objectives that the strategy names, those without any item too."""
    active = await strategy_copy.active_strategy(conn)
    named = active.strategy.objectives if active else ()
    teams = [TEAM_PREFIX + team for team in await conn.scalars(_TEAMS)]
    return [*teams, *(OBJECTIVE_PREFIX + objective.id for objective in named)]


async def _turn(conn: AsyncConnection, page: dict[str, bool]) -> int:
    items = await read_items(conn, page)
    turned = sorted(ref for ref, item in items.items() if is_watched(item) != page[ref])
    if turned:
        await conn.execute(_WATCH, {"refs": turned})
        await note_dirty(conn, ((ref, "") for ref in turned))
    return len(turned)
