"""The mapper's tables, without the schema's name: the search path says whose they are.

`items`: each item as it stands, with its direct claim and the alignment last published (both as JSON of `Alignment`).
`parent`, `epic`, their keys and `twins` hold tokens (see `alignment.Token`). `strategy_version` is the
one under which it was last written. While all is mapped again, what was written under an older one may be stale (see
`staleness.py`): readers compute it again from `body`. `dirty`: what must be looked at once more after
commit, as lines of tokens (see `store.LeftWord`; its `changed` are the `targets`). `unmet`: the tokens by which items
that may inherit point to nobody; some may have been met since, or told no more. `waiting_marks`: marks seen on all
input that go out when no row of `dirty` up to `after_dirty` is left.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.runtime.tables import add_runtime_tables

metadata: Final = MetaData()
runtime: Final = add_runtime_tables(metadata)

revisions: Final = Sequence("revisions", metadata=metadata, data_type=BigInteger)

items: Final = Table(
    "items",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("source_revision", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("parent", Text),
    Column("parent_key", Text),
    Column("epic", Text),
    Column("epic_key", Text),
    Column("twins", ARRAY(Text)),
    Column("claim", Text),
    Column("direct", Text, nullable=False),
    Column("objective", Text),
    Column("alignment", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("team_selector", Text),
    Column("category", Text),
    Column("strategy_version", Integer, nullable=False),
    Column("flow", Text),
    Column("body", Text, nullable=False),
    Index("items_key", "key"),
    Index("items_parent", "parent", postgresql_where=text("parent IS NOT NULL")),
    Index("items_parent_key", "parent_key", postgresql_where=text("parent_key IS NOT NULL")),
    Index("items_epic", "epic", postgresql_where=text("epic IS NOT NULL")),
    Index("items_epic_key", "epic_key", postgresql_where=text("epic_key IS NOT NULL")),
    Index("items_twins", "twins", postgresql_using="gin", postgresql_where=text("twins IS NOT NULL")),
)

dirty: Final = Table(
    "dirty",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("targets", Text, nullable=False),
    Column("released", Text, nullable=False),
    Column("flow", Text),
    Column("arrived", Text, nullable=False),
)

unmet: Final = Table(
    "unmet",
    metadata,
    Column("token", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
)

waiting_marks: Final = Table(
    "waiting_marks",
    metadata,
    Column("mark", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("after_dirty", BigInteger, nullable=False),
)

strategies: Final = Table(
    "strategies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("applied_at", DateTime(timezone=True), nullable=False),
    Column("body", Text, nullable=False),
)

active: Final = Table(
    "active",
    metadata,
    Column("single", Boolean, CheckConstraint("single", name="active_is_one_row"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("remapped", Integer, nullable=False),
    Column("reached", Text, nullable=False),
)
"""One row: the version that all mappers go by, and the newest one under which all items have been mapped again.

`reached`: up to this ref they have been mapped again under the version to go by.
"""
