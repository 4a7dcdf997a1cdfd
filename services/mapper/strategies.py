"""The versions of the strategy in the tables, and the one that all mappers go by."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.strategy import Cycle, Strategy, StrategyApplied
from services.mapper import store
from services.mapper.claims import CompiledStrategy

NO_STRATEGY: Final = CompiledStrategy(
    0, Strategy(version=1, cycle=Cycle(id="none", starts_on=date.min, ends_on=date.max), objectives=())
)
"""What counts until the first strategy is applied: every item is unaligned, its team is its project."""

_COLUMNS: Final = "version, revision, author, applied_at, body"
_KEEP: Final = text(
    f"INSERT INTO strategies ({_COLUMNS}) VALUES (:version, :revision, :author, :applied_at, :body) "  # noqa: S608
    "ON CONFLICT (version) DO NOTHING"
)
_ACTIVATE: Final = text("UPDATE active SET version = :version WHERE version < :version")


class Strategies:
    """The active strategy, compiled once for each version that comes."""

    def __init__(self) -> None:
        self._compiled = NO_STRATEGY

    async def active(self, conn: AsyncConnection) -> CompiledStrategy:
        """Return the active strategy, which stays active until the transaction ends."""
        version = await store.lock_shared(conn)
        if version != self._compiled.version:
            applied = await read_version(conn, version)
            self._compiled = NO_STRATEGY if applied is None else CompiledStrategy(version, applied.strategy)
        return self._compiled


async def keep(conn: AsyncConnection, applied: StrategyApplied) -> None:
    """Keep a version, unless it is there already."""
    values = applied.model_dump(include={"version", "revision", "author", "applied_at"})
    await conn.execute(_KEEP, values | {"body": applied.strategy.model_dump_json(exclude_defaults=True)})


async def activate(conn: AsyncConnection, version: int) -> None:
    """Have all mappers go by this version from here on, unless they go by a newer one."""
    await store.lock_exclusive(conn)
    await conn.execute(_ACTIVATE, {"version": version})


async def read_version(conn: AsyncConnection, version: int) -> StrategyApplied | None:
    """Return one version of the strategy."""
    rows = await conn.execute(
        text(f"SELECT {_COLUMNS} FROM strategies WHERE version = :version"), {"version": version}  # noqa: S608
    )  # fmt: skip
    row = rows.one_or_none()
    return None if row is None else _applied(row)


async def read_newest(conn: AsyncConnection) -> StrategyApplied | None:
    """Return the newest version, which may not be active yet."""
    row = (await conn.execute(text(f"SELECT {_COLUMNS} FROM strategies ORDER BY version DESC LIMIT 1"))).one_or_none()  # noqa: S608
    return None if row is None else _applied(row)


async def read_versions(conn: AsyncConnection) -> list[StrategyApplied]:
    """Return all versions, oldest first."""
    rows = await conn.execute(text(f"SELECT {_COLUMNS} FROM strategies ORDER BY version"))  # noqa: S608
    return [_applied(row) for row in rows]


def _applied(row: Row[Any]) -> StrategyApplied:
    return StrategyApplied(
        version=row.version,
        revision=row.revision,
        author=row.author,
        applied_at=row.applied_at,
        strategy=Strategy.model_validate_json(row.body),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Which version is active, and the newest under which all items have been mapped again."""

    version: int
    remapped: int


async def standing(conn: AsyncConnection) -> Standing:
    """Return how the versions stand."""
    row = (await conn.execute(text("SELECT version, remapped FROM active"))).one()
    return Standing(row.version, row.remapped)


async def set_remapped(conn: AsyncConnection, version: int) -> None:
    """Note that all items have been mapped under this version."""
    await conn.execute(text("UPDATE active SET remapped = :version"), {"version": version})
