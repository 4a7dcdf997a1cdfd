"""Items with their direct claims and alignments, what is dirty, waiting marks, and the versions of the strategy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.runtime.tables import create_runtime_tables, drop_runtime_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_runtime_tables(op)  # type: ignore[arg-type]  # the module stands for the operations of this migration
    op.execute(sa.schema.CreateSequence(sa.Sequence("revisions", data_type=sa.BigInteger)))
    _create_items()
    op.create_table(
        "dirty",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("targets", sa.Text, nullable=False),
        sa.Column("released", sa.Text, nullable=False),
        sa.Column("flow", sa.Text),
    )
    op.create_table(
        "waiting_marks",
        sa.Column("mark", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("after_dirty", sa.BigInteger, nullable=False),
    )
    _create_strategies()


def _create_items() -> None:
    op.create_table(
        "items",
        sa.Column("ref", sa.Text, primary_key=True),
        sa.Column("source_revision", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("parent_key", sa.Text),
        sa.Column("epic", sa.Text),
        sa.Column("epic_key", sa.Text),
        sa.Column("twins", ARRAY(sa.Text)),
        sa.Column("claim", sa.Text),
        sa.Column("direct", sa.Text, nullable=False),
        sa.Column("objective", sa.Text),
        sa.Column("alignment", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("team_selector", sa.Text),
        sa.Column("strategy_version", sa.Integer, nullable=False),
        sa.Column("flow", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("items_key", "items", ["key"])
    for name in ("parent", "parent_key", "epic", "epic_key"):
        op.create_index(f"items_{name}", "items", [name], postgresql_where=sa.text(f"{name} IS NOT NULL"))
    op.create_index(
        "items_twins", "items", ["twins"], postgresql_using="gin", postgresql_where=sa.text("twins IS NOT NULL")
    )


def _create_strategies() -> None:
    op.create_table(
        "strategies",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    active = op.create_table(
        "active",
        sa.Column("single", sa.Boolean, sa.CheckConstraint("single", name="active_is_one_row"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("remapped", sa.Integer, nullable=False),
    )
    op.bulk_insert(active, [{"single": True, "version": 0, "remapped": 0}])


def downgrade() -> None:
    for name in ("active", "strategies", "waiting_marks", "dirty", "items"):
        op.drop_table(name)
    op.execute(sa.schema.DropSequence(sa.Sequence("revisions")))
    drop_runtime_tables(op)  # type: ignore[arg-type]
