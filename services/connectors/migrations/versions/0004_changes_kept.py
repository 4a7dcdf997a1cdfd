"""Changes that a broker which forgets is told again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes_kept",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("change_id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False, comment="the change as JSON, byte for byte as published"),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False, comment="machine time"),
    )
    op.create_index("changes_kept_told_at", "changes_kept", ["told_at"])


def downgrade() -> None:
    op.drop_table("changes_kept")
