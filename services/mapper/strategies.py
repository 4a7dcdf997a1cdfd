"""The versions of the strategy in the tables, and the one that all mappers go by."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.strategy import Cycle, Strategy, StrategyApplied
from services.mapper import store
from services.mapper.claims import CompiledStrategy
from services.mapper.difference import difference
from services.mapper.staleness import NOTHING_STALE, Stale, stale

_NONE: Final = Strategy(version=1, cycle=Cycle(id="none", starts_on=date.min, ends_on=date.max), objectives=())
NO_STRATEGY: Final = CompiledStrategy(0, _NONE)
"""What counts until the first strategy is applied: every item is unaligned, its team is its project."""

_COLUMNS: Final = "version, revision, author, applied_at, body"
_KEEP: Final = text(
    f"INSERT INTO strategies ({_COLUMNS}) VALUES (:version, :revision, :author, :applied_at, :body) "  # noqa: S608
    "ON CONFLICT (version) DO NOTHING"
)
_ACTIVATE: Final = text("UPDATE active SET version = :version, reached = '' WHERE version < :version")


@dataclass(frozen=True, slots=True)
class Standing:
    """The version that all mappers go by, and the newest under which all items have been mapped again.

    `reached`: up to this ref they have been mapped again under the one to go by.
    """

    version: int
    remapped: int
    reached: str


@dataclass(frozen=True, slots=True)
class Active:
    """The active strategy, and what is stored of items but may be otherwise by it."""

    plan: CompiledStrategy
    stale: Stale = NOTHING_STALE

    @property
    def version(self) -> int:
        """The version that all mappers go by."""
        return self.plan.version

    def has_seen(self, strategy_version: int) -> bool:
        """Say whether an item that was aligned under this version stands in all as the active one has it."""
        return self.stale is NOTHING_STALE or strategy_version == self.version


class Strategies:
    """The active strategy, compiled once for each version that comes."""

    def __init__(self) -> None:
        self._active = Active(NO_STRATEGY)
        self._remapped = 0

    async def active(self, conn: AsyncConnection) -> Active:
        """Return the active strategy, which stays active until the transaction ends."""
        await store.lock_shared(conn)
        stands = await standing(conn)
        if (stands.version, stands.remapped) != (self._active.version, self._remapped):
            self._active, self._remapped = await self._compiled(conn, stands), stands.remapped
        return self._active

    async def _compiled(self, conn: AsyncConnection, stands: Standing) -> Active:
        plan, new = self._active.plan, await _strategy(conn, stands.version)
        if plan.version != stands.version:
            plan = NO_STRATEGY if new is None else CompiledStrategy(stands.version, new)
        if stands.remapped >= stands.version:
            return Active(plan)
        old = await _strategy(conn, stands.remapped)
        differing = difference(old, new) if old is not None and new is not None else None
        return Active(plan, stale(stands.version, stands.remapped, differing))


async def _strategy(conn: AsyncConnection, version: int) -> Strategy | None:
    applied = await read_version(conn, version)
    return applied.strategy if applied else _NONE if version == NO_STRATEGY.version else None


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


async def standing(conn: AsyncConnection) -> Standing:
    """Return how the versions stand."""
    return Standing(*(await conn.execute(text("SELECT version, remapped, reached FROM active"))).one())


async def set_reached(conn: AsyncConnection, ref: str) -> None:
    """Note that all items up to this ref have been mapped under the active version."""
    await conn.execute(text("UPDATE active SET reached = :ref"), {"ref": ref})


async def set_remapped(conn: AsyncConnection, version: int) -> None:
    """Note that all items have been mapped under this version."""
    await conn.execute(text("UPDATE active SET remapped = :version"), {"version": version})
