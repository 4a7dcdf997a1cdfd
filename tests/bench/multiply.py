"""Makes a company big without mapping every item: the tables of its first group are copied, once for each other group.

What stands in the tables of the first group is what the rooms made of it; a group's name is in all names of it, so its
rows are those of another group once that name is put in its place. Only fingerprints are computed anew.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import orjson
import psycopg
from psycopg import sql

from services.detector.fingerprint import fingerprint
from tests.bench.company import Company, group_name
from tests.bench.place import Site

TABLES: Final = {
    "mapper": ("items",),
    "detector": ("items", "edges", "twins", "changes", "paces", "agenda", "findings", "cycle_members"),
}
_OF_ALL_GROUPS: Final = ("findings", "cycle_members")
_FORGET: Final = (
    "DELETE FROM {0} WHERE CAST({0}.* AS text) ~* 'g[0-9]{{4}}t[0-9]' AND CAST({0}.* AS text) NOT ILIKE %(first)s"
)
"""What the rooms have made of the strategy alone, of groups whose items have not come."""


def multiply(place: Site, company: Company) -> None:
    """Copy the first group's rows for all others; then have the server look at the tables, as it does by itself."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        for room, tables in TABLES.items():
            connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(place.prefix + room)))
            marks = _subjects(connection) if room == "detector" else []
            for table in tables:
                _copy(connection, table, company, marks if table in _OF_ALL_GROUPS else [])
                connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
        connection.execute("CHECKPOINT")


def _copy(
    connection: psycopg.Connection, table: str, company: Company, marks: Iterable[tuple[str, str, list[str]]]
) -> None:
    name = sql.Identifier(table)
    columns = sql.SQL(", ").join(map(sql.Identifier, _columns(connection, table)))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_FORGET).format(name), {"first": f"%{group_name(0)}%"})
        with cursor.copy(sql.SQL("COPY {} ({}) TO STDOUT").format(name, columns)) as reading:
            first = b"".join(bytes(part) for part in reading)
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)) as writing:
            for group in range(1, company.groups):
                writing.write(_renamed(first, group_name(group), marks))


def _renamed(rows: bytes, group: str, marks: Iterable[tuple[str, str, list[str]]]) -> bytes:
    first = group_name(0)
    for old, rule, refs in marks:
        new = fingerprint(rule, [_of_group(ref, group) for ref in refs])
        rows = rows.replace(old.encode(), new.encode())
    return rows.replace(first.encode(), group.encode()).replace(first.upper().encode(), group.upper().encode())


def _of_group(ref: str, group: str) -> str:
    first = group_name(0)
    return ref.replace(first, group).replace(first.upper(), group.upper())


def _subjects(connection: psycopg.Connection) -> list[tuple[str, str, list[str]]]:
    """Return fingerprint, rule and subjects of each finding."""
    rows = connection.execute("SELECT fingerprint, rule, body FROM findings").fetchall()
    return [(name, rule, [one["ref"] for one in orjson.loads(body)["subjects"]]) for name, rule, body in rows]


def _columns(connection: psycopg.Connection, table: str) -> Iterator[str]:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
        "AND table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO' ORDER BY ordinal_position",
        (table,),
    )
    return (name for (name,) in rows.fetchall())
