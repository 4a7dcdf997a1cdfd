"""The connectors' tables as they began."""

import sqlalchemy as sa
from alembic import op

from services.runtime.tables import create_runtime_tables, drop_runtime_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_runtime_tables(op)  # type: ignore[arg-type]  # the module stands for the operations of this migration
    op.execute(sa.schema.CreateSequence(sa.Sequence("revisions")))
    op.create_table(
        "snapshots",
        sa.Column("ref", sa.Text, primary_key=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("content_hash", sa.LargeBinary, nullable=False, comment="of the body"),
        sa.Column(
            "updated",
            _instant,
            nullable=False,
            comment="as the tracker says; no version, but an older one is refused",
        ),
        sa.Column("seen_at", _instant, nullable=False),
        sa.Column("flow", sa.Text, comment="the load that brought this revision"),
        sa.Column("body", sa.Text, nullable=False, comment="the work item as JSON, byte for byte as published"),
    )
    op.create_table(
        "imports",
        sa.Column("flow", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("started_at", _instant, nullable=False),
        sa.Column("finished_at", _instant, comment="its mark is out"),
    )
    op.create_table(
        "set_aside",
        sa.Column("flow", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("excerpt", sa.LargeBinary, nullable=False, comment="how it begins, at most 4 KiB"),
    )


def downgrade() -> None:
    op.drop_table("set_aside")
    op.drop_table("imports")
    op.drop_table("snapshots")
    op.execute(sa.schema.DropSequence(sa.Sequence("revisions")))
    drop_runtime_tables(op)  # type: ignore[arg-type]
