"""Which load an alert came with, so that what stood when a connection was first read is told together."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alerts", sa.Column("opening", sa.Text))
    op.create_index("alerts_opening", "alerts", ["opening"], postgresql_where=sa.text("opening IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("alerts_opening", "alerts")
    op.drop_column("alerts", "opening")
