"""Cycles of live dependencies: found again from the items that changed, and only as far as work follows from them.

Promise: one detector at a time judges cycles, under a lock, so a component is never told as two. A change that makes,
breaks, joins or splits a cycle changes an item of it, and whoever was in a cycle with that item is looked at too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.components import strongly_connected

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('leeway-cycles:' || current_schema(), 0))")
_FOLLOWING: Final = text(
    """
    WITH RECURSIVE reached (ref) AS (
        SELECT ref FROM items WHERE ref = ANY(CAST(:refs AS text[])) AND is_open
        UNION
        SELECT e.dependent FROM reached r JOIN edges e ON e.blocker = r.ref JOIN items d ON d.ref = e.dependent
        WHERE d.is_open AND e.dependent <> e.blocker AND EXISTS (SELECT FROM edges x WHERE x.blocker = e.dependent)
    )
    SELECT DISTINCT e.blocker, e.dependent FROM reached r JOIN edges e ON e.blocker = r.ref
    JOIN reached d ON d.ref = e.dependent WHERE e.blocker <> e.dependent
    """
)
_MEMBERS: Final = text(
    "SELECT fingerprint, ref FROM cycle_members WHERE fingerprint IN "
    "(SELECT fingerprint FROM cycle_members WHERE ref = ANY(CAST(:refs AS text[])))"
)
_FORGET: Final = text("DELETE FROM cycle_members WHERE fingerprint = ANY(CAST(:fingerprints AS text[]))")
_REMEMBER: Final = text(
    "INSERT INTO cycle_members (ref, fingerprint) VALUES (:ref, :fingerprint) ON CONFLICT DO NOTHING"
)


async def lock_cycles(conn: AsyncConnection) -> None:
    """Wait until no other detector judges cycles; ends with the transaction."""
    await conn.execute(_LOCK)


async def cycles_with(conn: AsyncConnection, refs: Iterable[str]) -> dict[str, set[str]]:
    """Return the open cycles that go through one of these items: their members by fingerprint."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for fingerprint, ref in await conn.execute(_MEMBERS, {"refs": sorted(refs)}):
        found[fingerprint].add(ref)
    return dict(found)


async def components_from(conn: AsyncConnection, refs: Iterable[str]) -> list[frozenset[str]]:
    """Return all cycles (components of more than one item) that can be reached from these items."""
    following: defaultdict[str, list[str]] = defaultdict(list)
    for blocker, dependent in await conn.execute(_FOLLOWING, {"refs": sorted(refs)}):
        following[blocker].append(dependent)
    return strongly_connected(following)


async def remember(conn: AsyncConnection, members: Mapping[str, Iterable[str]]) -> None:
    """Keep which items these open cycles go through."""
    rows = [{"fingerprint": name, "ref": ref} for name, refs in members.items() for ref in sorted(refs)]
    if rows:
        await conn.execute(_REMEMBER, rows)


async def forget(conn: AsyncConnection, fingerprints: Sequence[str]) -> None:
    """Drop the members of cycles that are no more."""
    await conn.execute(_FORGET, {"fingerprints": list(fingerprints)})
