"""What may be read of the detector from outside, in the process or over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.findings import Finding, FindingState, Severity
from services.detector import first_day
from services.detector.judging import retold
from services.detector.strategy_copy import Contexts
from services.detector.tables import findings as findings_table
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.http import Requires
from services.runtime.tokens import Role

MOST: Final = 1_000
SHORTEST_PREFIX: Final = 4

_COUNTS: Final = text(
    "SELECT (SELECT count(*) FROM items) AS items, (SELECT count(*) FROM items WHERE is_open) AS open, "
    "(SELECT count(*) FROM items WHERE objective IS NOT NULL) AS aligned, "
    "(SELECT count(*) FROM (SELECT DISTINCT blocker, dependent FROM edges JOIN items b ON b.ref = blocker "
    "JOIN items d ON d.ref = dependent WHERE b.is_open AND d.is_open AND blocker <> dependent) AS pairs"
    ") AS live_dependencies"
)
_PENDING: Final = text(
    "SELECT (SELECT count(*) FROM dirty WHERE flow = '' OR starts_with(flow, 'strategy:') "
    "OR flow IN (SELECT flow FROM flows WHERE released)) AS dirty, "
    "(SELECT count(*) FROM waiting_marks) AS marks, (SELECT count(*) FROM outbox) AS outbox"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Items known, those open, those with an objective, and pairs of items of which one waits on the other."""

    items: int
    open: int
    aligned: int
    live_dependencies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFilter:
    """Which findings to list; none of a field means any. Without a state: all but the resolved."""

    rule: str | None = None
    team: str | None = None
    objective: str | None = None
    severity: Severity | None = None
    state: FindingState | None = None


async def counts(database: RoomDatabase) -> Counts:
    """Return what there is, counted."""
    async with database.transaction() as conn:
        return Counts(**(await conn.execute(_COUNTS)).one()._mapping)  # noqa: SLF001 -- SQLAlchemy's public name


async def pending(conn: AsyncConnection, now: datetime) -> dict[str, int]:
    """Return by kind what could be done now; all zero means that the detector is idle."""
    rest = dict((await conn.execute(_PENDING)).one()._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for it
    return {"agenda": await first_day.count_due(conn, now), **rest}


async def list_findings(
    database: RoomDatabase,
    now: datetime,
    wanted: FindingFilter = FindingFilter(),
    *,
    limit: int | None = None,
) -> list[Finding]:
    """Return findings in words as of `now`, in the order of rule and fingerprint."""
    query = _filtered(wanted).order_by(findings_table.c.rule, findings_table.c.fingerprint)
    return await _read(database, now, query if limit is None else query.limit(limit))


async def find_finding(database: RoomDatabase, now: datetime, prefix: str) -> Finding | None:
    """Return the one finding whose fingerprint begins like this, resolved too; none if there are none or several."""
    query = select(findings_table.c.body).where(findings_table.c.fingerprint.startswith(prefix, autoescape=True))
    found = await _read(database, now, query.limit(2))
    return found[0] if len(found) == 1 else None


def _filtered(wanted: FindingFilter) -> Select[str]:
    columns = findings_table.c
    query = select(columns.body)
    if wanted.state is None:
        query = query.where(columns.state != FindingState.RESOLVED.value)
    for column, value in (
        (columns.rule, wanted.rule),
        (columns.team, wanted.team),
        (columns.objective, wanted.objective),
        (columns.severity, wanted.severity),
        (columns.state, wanted.state),
    ):
        if value is not None:
            query = query.where(column == str(value))
    return query


async def _read(database: RoomDatabase, now: datetime, query: Select[str]) -> list[Finding]:
    async with database.transaction() as conn:
        context = await Contexts().active(conn)
        found = [Finding.model_validate_json(body) for body in await conn.scalars(query)]
    if context is None:
        return found
    return [one if one.state is FindingState.RESOLVED else retold(one, context, now) for one in found]


def build_router(database: RoomDatabase, clock: Clock) -> APIRouter:
    """Return `GET /findings` and `GET /findings/{prefix}`, for viewers."""
    router = APIRouter(tags=["findings"], dependencies=[Depends(Requires(Role.VIEWER))])

    @router.get("/findings")
    async def listed(wanted: Annotated[FindingFilter, Depends()], limit: int = MOST) -> list[Finding]:
        """List the findings that stand; `state=resolved` lists the others."""
        return await list_findings(database, clock.now(), wanted, limit=max(1, min(limit, MOST)))

    @router.get("/findings/{prefix}")
    async def one(prefix: str) -> Finding:
        """Return one finding by the beginning of its fingerprint."""
        found = await find_finding(database, clock.now(), prefix) if len(prefix) >= SHORTEST_PREFIX else None
        if found is None:
            raise HTTPException(404, "no finding, or more than one, begins like this")
        return found

    return router
