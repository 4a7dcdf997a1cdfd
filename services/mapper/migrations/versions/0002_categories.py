"""Each item's category of capacity, and how far items have been mapped again under a new strategy.

Where the strategy in force has categories, all items are mapped again by it: no version was ever -1, so all is stale.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_HAS_CATEGORIES = (
    "EXISTS (SELECT FROM strategies WHERE version = active.version AND strpos(body, '\"capacity\":[') > 0)"
)


def upgrade() -> None:
    op.add_column("items", sa.Column("category", sa.Text))
    op.add_column("active", sa.Column("reached", sa.Text, nullable=False, server_default=""))
    op.alter_column("active", "reached", server_default=None)
    op.execute(f"UPDATE active SET remapped = -1 WHERE {_HAS_CATEGORIES}")  # noqa: S608 -- constants only
    op.execute("UPDATE items SET strategy_version = -1 WHERE (SELECT remapped FROM active) = -1")


def downgrade() -> None:
    op.drop_column("active", "reached")
    op.drop_column("items", "category")
    op.execute("UPDATE active SET remapped = greatest(remapped, 0)")
    op.execute("UPDATE items SET strategy_version = greatest(strategy_version, 0)")
