"""How the connections stand."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("last_success", sa.DateTime(timezone=True)),
        sa.Column("first_connected", sa.DateTime(timezone=True)),
        sa.Column("gap_after_seconds", sa.Float, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("is_blind", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("connections")
