"""Items and the dependencies that they tell, who is to be judged when, findings, strategies, and waiting marks."""

from alembic import op
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
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

from services.runtime.tables import create_runtime_tables, drop_runtime_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_made = MetaData()
_instant = DateTime(timezone=True)
_SERVES = text("visible AND objective IS NOT NULL")
_LEAF = text(
    "visible AND objective IS NOT NULL AND type <> 'epic' AND type <> 'initiative' "
    "AND (type = 'subtask' OR NOT has_children)"
)

Table(
    "items",
    _made,
    Column("ref", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("content_hash", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("type", Text, nullable=False),
    Column("status_category", Text, nullable=False),
    Column("visible", Boolean, nullable=False),
    Column("absence", Text),
    Column("is_open", Boolean, nullable=False),
    Column("resolution", Text),
    Column("resolution_name", Text),
    Column("created", _instant, nullable=False),
    Column("started", _instant),
    Column("done", _instant),
    Column("touched", _instant, nullable=False),
    Column("last_touched", _instant, nullable=False),
    Column("has_children", Boolean, nullable=False),
    Column("has_dependents", Boolean, nullable=False),
    Column("due", Date),
    Column("start", Date),
    Column("assignee", Text),
    Column("team", Text, nullable=False),
    Column("objective", Text),
    Column("ties", Text),
    Column("parent", Text),
    Column("epic", Text),
    Column("labels", ARRAY(Text), nullable=False),
    Column("strategy_version", Integer, nullable=False),
    Index("items_parent", "parent", postgresql_where=text("parent IS NOT NULL")),
    Index("items_subtasks", "parent", "touched", postgresql_where=text("type = 'subtask' AND parent IS NOT NULL")),
    Index(
        "items_team_active",
        "team",
        "status_category",
        "last_touched",
        postgresql_include=["objective"],
        postgresql_where=text("is_open AND type <> 'subtask' AND type <> 'epic'"),
    ),
    Index("items_team_blockers", "team", "ref", postgresql_where=text("is_open AND has_dependents")),
    Index("items_objective_open", "objective", postgresql_where=text("is_open AND objective IS NOT NULL")),
    Index("items_objective_touched", "objective", "last_touched", postgresql_where=_SERVES),
    Index(
        "items_objective_leaves",
        "objective",
        "created",
        postgresql_include=["done", "status_category", "resolution", "resolution_name"],
        postgresql_where=_LEAF,
    ),
)

Table(
    "edges",
    _made,
    Column("told_by", Text, primary_key=True),
    Column("blocker", Text, primary_key=True),
    Column("dependent", Text, primary_key=True),
    Column("made", _instant),
    Index("edges_blocker", "blocker", "dependent"),
    Index("edges_dependent", "dependent", "blocker"),
)

Table(
    "dirty",
    _made,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Index("dirty_flow", "flow", "id"),
    Index("dirty_held", "subject", postgresql_where=text("flow <> ''")),
)

Table(
    "flows",
    _made,
    Column("flow", Text, primary_key=True),
    Column("released", Boolean, nullable=False),
)

Table(
    "agenda",
    _made,
    Column("subject", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("due", _instant, nullable=False),
    Column("flow", Text, nullable=False, server_default=""),
    Index("agenda_due", "lane", "due"),
)

Sequence("finding_revisions", metadata=_made)

Table(
    "findings",
    _made,
    Column("fingerprint", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),
    Column("anchor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("transition", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("team", Text),
    Column("objective", Text),
    Column("content_hash", BigInteger, nullable=False),
    Column("judged_version", Integer, nullable=False),
    Column("opened_at", _instant, nullable=False),
    Column("resolved_at", _instant),
    Column("flow", Text),
    Column("body", Text, nullable=False),
    Index("findings_anchor", "anchor", postgresql_where=text("state <> 'resolved'")),
    Index("findings_state", "state", "rule"),
)

Table(
    "cycle_members",
    _made,
    Column("ref", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Index("cycle_members_fingerprint", "fingerprint"),
)

Table(
    "strategies",
    _made,
    Column("version", Integer, primary_key=True),
    Column("body", Text),
    Column("cleared", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Index("strategies_active", "active", unique=True, postgresql_where=text("active")),
)

Table(
    "waiting_marks",
    _made,
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)


def upgrade() -> None:
    create_runtime_tables(op)  # type: ignore[arg-type]  # the module stands for the operations of this migration
    _made.create_all(op.get_bind(), checkfirst=False)


def downgrade() -> None:
    _made.drop_all(op.get_bind(), checkfirst=False)
    drop_runtime_tables(op)  # type: ignore[arg-type]  # the module stands for the operations of this migration
