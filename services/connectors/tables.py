"""The connectors' tables: the last snapshot of each item, the loads, and what was set aside of them."""

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, MetaData, Sequence, Table, Text

from services.connectors.tables_beside import add_tables_beside
from services.runtime.tables import add_runtime_tables

metadata: Final = MetaData()
runtime: Final = add_runtime_tables(metadata)
add_tables_beside(metadata)

_instant = DateTime(timezone=True)

revisions: Final = Sequence("revisions", metadata=metadata)
"""Of all items together: unique and rising, never used twice even when a transaction rolls back."""

snapshots: Final = Table(
    "snapshots",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("content_hash", LargeBinary, nullable=False, comment="of the body"),
    Column("updated", _instant, nullable=False, comment="as the tracker says; no version, but an older one is refused"),
    Column("seen_at", _instant, nullable=False),
    Column("flow", Text, comment="the load that brought this revision"),
    Column("body", Text, nullable=False, comment="the work item as JSON, byte for byte as published"),
)

imports: Final = Table(
    "imports",
    metadata,
    Column("flow", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("started_at", _instant, nullable=False),
    Column("finished_at", _instant, comment="its mark is out"),
)

set_aside: Final = Table(
    "set_aside",
    metadata,
    Column("flow", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("excerpt", LargeBinary, nullable=False, comment="how it begins, at most 4 KiB"),
)
