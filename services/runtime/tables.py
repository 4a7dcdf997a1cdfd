"""The tables that the runtime keeps inside every room's schema, so that they change in the room's own transactions."""

from dataclasses import dataclass
from typing import Final

from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB


@dataclass(frozen=True)
class RuntimeTables:
    """The runtime's tables of one room."""

    outbox: Table
    positions: Table
    bus_ends: Table
    marks_seen: Table
    marks_passed: Table
    parked: Table


def add_runtime_tables(metadata: MetaData) -> RuntimeTables:
    """Add the runtime's tables to a room's metadata; call it once, in the room's `tables.py`."""
    return RuntimeTables(
        outbox=_outbox(metadata),
        positions=_offsets("positions", metadata),
        bus_ends=_offsets("bus_ends", metadata),
        marks_seen=_marks_seen(metadata),
        marks_passed=_marks_passed(metadata),
        parked=_parked(metadata),
    )


def create_runtime_tables(op: Operations) -> None:
    """Create the runtime's tables; a room's first migration calls it with alembic's `op`."""
    metadata = MetaData()
    add_runtime_tables(metadata)
    metadata.create_all(op.get_bind(), checkfirst=False)


def drop_runtime_tables(op: Operations) -> None:
    """Drop what `create_runtime_tables` made."""
    metadata = MetaData()
    add_runtime_tables(metadata)
    metadata.drop_all(op.get_bind(), checkfirst=False)


def _outbox(metadata: MetaData) -> Table:
    """What is committed and not yet published, in the order of `id`. A row with `every_partition` is a mark."""
    return Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("partition", Integer),
        Column("every_partition", Boolean, nullable=False, server_default="false"),
        Column("event_type", Text, nullable=False),
        Column("event_id", Text, nullable=False),
        Column("event_source", Text, nullable=False),
        Column("event_time", DateTime(timezone=True), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    )


def _offsets(name: str, metadata: MetaData) -> Table:
    """`positions`: where to read on. `bus_ends`: how far the broker has said yes to us. Void in another epoch."""
    return Table(
        name,
        metadata,
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("next_offset", BigInteger, nullable=False),
        Column("epoch", Text, nullable=False),
        PrimaryKeyConstraint("topic", "partition", name=f"{name}_pkey"),
    )


def _marks_seen(metadata: MetaData) -> Table:
    return Table(
        "marks_seen",
        metadata,
        Column("mark", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        PrimaryKeyConstraint("mark", "topic", "partition", name="marks_seen_pkey"),
    )


def _marks_passed(metadata: MetaData) -> Table:
    """Marks that the room has wholly passed, as they came, so that it can send them again after a wipe."""
    return Table(
        "marks_passed",
        metadata,
        Column("mark", Text, primary_key=True),
        Column("body", JSONB, nullable=False),
        Column("passed_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    )


def _parked(metadata: MetaData) -> Table:
    """Input that could not be used: the truth about it, with its first MiB. `state` is parked or replayed."""
    return Table(
        "parked",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("key", Text),
        Column("headers", JSONB, nullable=False),
        Column("value", LargeBinary),
        Column("value_size", BigInteger),
        Column("reason", Text, nullable=False),
        Column("tries", Integer, nullable=False, server_default="1"),
        Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        Column("state", Text, nullable=False, server_default="parked"),
    )


RUNTIME: Final = add_runtime_tables(MetaData())
"""The same tables without a room, for the runtime's own statements: the search path says whose they are."""
