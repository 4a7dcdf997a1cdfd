"""Reads who is whose twin: the item of the other tracker that stands for the same work, whichever side tells of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_TWINS: Final = text(
    """
    WITH mine AS MATERIALIZED (
        SELECT ref, split_part(ref, ':', 1) AS tracker, key FROM items
        WHERE ref = ANY(CAST(:refs AS text[])) AND EXISTS (SELECT FROM twins)
    ), told AS MATERIALIZED (
        SELECT m.ref, m.tracker, t.token, strpos(t.token, ' ') AS space
        FROM mine m CROSS JOIN LATERAL (SELECT token FROM twins WHERE told_by = m.ref OFFSET 0) AS t
    ), found AS (
        SELECT ref, token AS twin FROM told WHERE space = 0
        UNION SELECT told.ref, i.ref FROM told CROSS JOIN LATERAL (
            SELECT ref FROM items WHERE key = substr(told.token, told.space + 1) OFFSET 0) AS i
            WHERE told.space > 0 AND split_part(i.ref, ':', 1) = substr(told.token, 1, told.space - 1)
        UNION SELECT m.ref, t.told_by FROM mine m CROSS JOIN LATERAL (
            SELECT told_by FROM twins WHERE token = m.ref OR token = m.tracker || ' ' || m.key OFFSET 0) AS t
    )
    SELECT ref, twin FROM found WHERE split_part(ref, ':', 1) <> split_part(twin, ':', 1) ORDER BY ref, twin
    """
)

Twins = Mapping[str, Sequence[str]]
"""The refs of an item's twins by its own, in order; known items or not."""


async def read_twins(conn: AsyncConnection, refs: Iterable[str]) -> Twins:
    """Return the twins of these items."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for ref, twin in await conn.execute(_TWINS, {"refs": list(refs)}):
        found[ref].append(twin)
    return found
