"""The notifier's tables: alerts, what has to be delivered of them, and receivers that are switched off."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services.runtime.tables import add_runtime_tables

metadata: Final = MetaData()
runtime: Final = add_runtime_tables(metadata)

_instant = DateTime(timezone=True)

revisions: Final = Sequence("revisions", metadata=metadata, data_type=BigInteger)
"""Numbers of `AlertChanged`."""

alerts: Final = Table(
    "alerts",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("content", Text, nullable=False, comment="hash of what the finding says"),
    Column("revision", BigInteger, nullable=False, comment="of the finding, the highest heard of"),
    Column("finding", Text, nullable=False, comment="JSON; as text, since JSONB takes no NUL and titles may hold one"),
    Column("changed_at", _instant, nullable=False, comment="machine time"),
    Column("opening", Text),  # the first load of a connection that brought it
    Index("alerts_opening", "opening", postgresql_where=text("opening IS NOT NULL")),
    Index("alerts_fingerprint", "fingerprint", "revision"),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True, comment="the order of telling"),
    Column("webhook_id", Text, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("alert", Text, nullable=False),
    Column("transition", Text, nullable=False),
    Column("body", Text, nullable=False, comment="sent byte for byte"),
    Column("state", Text, nullable=False, server_default="due", comment="due, sent or parked"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", _instant, nullable=False),
    Column("lease_until", _instant, comment="while somebody is sending it"),
    Column("fence", BigInteger, nullable=False, server_default="0", comment="rises with each lease"),
    Column("first_failed_at", _instant),
    Column("failure", Text, comment="why the last attempt failed"),
    Column("created_at", _instant, nullable=False),
    Column("finished_at", _instant),
    UniqueConstraint("webhook_id", "receiver", name="deliveries_once"),
    Index("deliveries_due", "receiver", "next_try_at", "id", postgresql_where=text("state = 'due'")),
    Index("deliveries_in_order", "alert", "receiver", "id", postgresql_where=text("state = 'due'")),
    Index("deliveries_state", "state"),
)

switched_off: Final = Table(
    "switched_off",
    metadata,
    Column("receiver", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", _instant, nullable=False),
)
