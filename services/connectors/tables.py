"""The connectors' tables: the last snapshot of each item, the loads, what was set aside, what live reading knows."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    text,
)

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

unsettled: Final = Table(
    "unsettled",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("updated", _instant, nullable=False),
    Column("seen_at", _instant, nullable=False),
    Column("flow", Text),
    Column("body", Text, nullable=False),
)
"""Snapshots that live reading is about to publish: after a crash, readers may have them and the snapshots not."""

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

ledger: Final = Table(
    "ledger",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("item", Text, primary_key=True, comment="the tracker's immutable id"),
    Column("version", Text, nullable=False, comment="as the tracker's listings tell it, of what we fetched"),
    Column("census", BigInteger, nullable=False, comment="the last census that found it"),
)
"""Which version of each item is in our tables; an item that is gone has no row."""

changes: Final = Table(
    "changes",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("change_id", Text, primary_key=True),
    Column("at", _instant, nullable=False),
)
"""The changes that live reading has told."""

hint_numbers: Final = Sequence("hint_numbers", metadata=metadata)

hints: Final = Table(
    "hints",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("kind", Text, nullable=False, comment="changed or deleted, as somebody said"),
    Column("reason", Text, nullable=False, comment="who said it last"),
    Column("known", Boolean, nullable=False, comment="the item was in the ledger"),
    Column("received_at", _instant, nullable=False, comment="machine time; of the first that is not answered"),
    Column("seq", BigInteger, nullable=False, comment="of the last: who answers an older one leaves it"),
    Index("hints_order", "connection", "seq"),
    Index("hints_unknown", "connection", postgresql_where=text("NOT known")),
)
"""Items to fetch, each once however often it was hinted at."""

cursors: Final = Table(
    "cursors",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("kind", Text, primary_key=True, comment="backfill, poll, events or census"),
    Column("scope", Text, primary_key=True, comment="empty where it is of all scopes"),
    Column("value", Text, comment="none: from the beginning"),
    Column("done", Boolean, nullable=False, server_default="false"),
    Column("items", BigInteger, nullable=False, server_default="0", comment="that came so far"),
)
"""How far each reading of a tracker has come, stored with what it brought."""

connection_states: Final = Table(
    "connection_states",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("flow", Text, comment="the load of the first contact"),
    Column("high_water", Text, comment="the newest change before the first contact began to read"),
    Column("scopes", Text, comment="the parts that were read last, as JSON"),
    Column("first_connected", _instant, comment="domain time of the first contact"),
    Column("opened_at", _instant, comment="domain time at which its mark went out"),
    Column("last_success", _instant, comment="domain time of the newest wholly successful reading"),
    Column("revision", BigInteger, comment="of the report"),
    Column("report", Text, comment="the newest ConnectionReported as JSON"),
    Column("census", BigInteger, nullable=False, server_default="0", comment="the number of the newest"),
    Column("census_wanted", Text, comment="why, until one begins"),
    Column("census_running", Text, comment="why, until it ends"),
    Column("census_at", _instant, comment="machine time at which one last began"),
    Column("missing", BigInteger, nullable=False, server_default="0", comment="so many are held back, unmarked"),
    Column("missing_confirmed", Boolean, nullable=False, server_default="false"),
)
"""How each connection stands: its first contact, its newest report, its census."""
