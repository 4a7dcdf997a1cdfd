"""Alerts, their deliveries, and receivers that are switched off."""

import sqlalchemy as sa
from alembic import op

from services.runtime.tables import create_runtime_tables, drop_runtime_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_runtime_tables(op)  # type: ignore[arg-type]  # the module stands for the operations of this migration
    op.execute(sa.schema.CreateSequence(sa.Sequence("revisions", data_type=sa.BigInteger)))
    _create_alerts()
    _create_deliveries()
    op.create_table(
        "switched_off",
        sa.Column("receiver", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False, comment="hash of what the finding says"),
        sa.Column("revision", sa.BigInteger, nullable=False, comment="of the finding, the highest heard of"),
        sa.Column(
            "finding",
            sa.Text,
            nullable=False,
            comment="JSON; as text, since JSONB takes no NUL and titles may hold one",
        ),
        sa.Column("changed_at", INSTANT, nullable=False, comment="machine time"),
    )
    op.create_index("alerts_fingerprint", "alerts", ["fingerprint", "revision"])


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True, comment="the order of telling"),
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("transition", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False, comment="sent byte for byte"),
        sa.Column("state", sa.Text, nullable=False, server_default="due", comment="due, sent or parked"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT, comment="while somebody is sending it"),
        sa.Column("fence", sa.BigInteger, nullable=False, server_default="0", comment="rises with each lease"),
        sa.Column("first_failed_at", INSTANT),
        sa.Column("failure", sa.Text, comment="why the last attempt failed"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.UniqueConstraint("webhook_id", "receiver", name="deliveries_once"),
    )
    due = sa.text("state = 'due'")
    op.create_index("deliveries_due", "deliveries", ["receiver", "next_try_at", "id"], postgresql_where=due)
    op.create_index("deliveries_in_order", "deliveries", ["alert", "receiver", "id"], postgresql_where=due)
    op.create_index("deliveries_state", "deliveries", ["state"])


def downgrade() -> None:
    for name in ("switched_off", "deliveries", "alerts"):
        op.drop_table(name)
    op.execute(sa.schema.DropSequence(sa.Sequence("revisions")))
    drop_runtime_tables(op)  # type: ignore[arg-type]
