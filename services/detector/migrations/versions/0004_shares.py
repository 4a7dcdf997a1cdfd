"""Who works on what, when anything moved, and which items of an objective are out of sight: found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "items_objective_hidden",
        "items",
        ["objective"],
        postgresql_where=sa.text("NOT visible AND objective IS NOT NULL"),
    )
    op.create_index(
        "items_working",
        "items",
        ["ref"],
        postgresql_where=sa.text(
            "is_open AND status_category = 'in_progress' AND type <> 'epic' AND type <> 'initiative'"
        ),
    )
    op.create_index("items_moved", "items", ["moved"], postgresql_where=sa.text("moved IS NOT NULL"))


def downgrade() -> None:
    for name in ("items_moved", "items_working", "items_objective_hidden"):
        op.drop_index(name, "items")
